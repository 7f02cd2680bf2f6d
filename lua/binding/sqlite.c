/* Module teep.sqlite: a thin binding over the SQLite C library.
 *
 *   open(path) -> database | nil, message, code     write-ahead log, synchronous=FULL, foreign keys
 *   database:exec(sql) -> true | failure
 *   database:prepare(sql) -> statement | failure
 *   database:transaction(fn) -> results of fn | failure
 *   database:in_transaction() -> boolean            whether such an fn runs
 *   database:begin() -> true | failure              from here to commit() a transaction() is a
 * savepoint: database:commit() -> true | failure             undone alone, durable with all others
 * or not at all database:has_begun() -> boolean                 false also once SQLite has rolled
 * back on its own database:close() statement:run(...) -> rows changed | failure statement:row(...)
 * -> first row, nil when there is none | failure statement:rows(...) -> list of rows | failure
 *
 * A row is a table by column name; NULL is an absent field. Arguments take the places of `?`:
 * integers (64 bit), floats, booleans (0, 1), nil (NULL), and strings, always as BLOB: to store or
 * compare TEXT, the SQL says CAST(? AS TEXT). TEXT and BLOB are read as strings; NUL bytes survive.
 *
 * Failures are nil, message, code: busy, no_space, io_failed, corrupt, conflict (a constraint),
 * denied, too_large, no_memory, else store_failed. Misuse throws: a closed database, a wrong number
 * of arguments, an argument of another type, nested transactions.
 *
 * Building rows allocates, so finalizers of the host may run amid them and call anything here.
 * While a statement runs it cannot be run again, nor its database be closed: both throw.
 */
#include <errno.h>
#include <sqlite3.h>

#include "binding.h"

#define DATABASE "teep.sqlite.database"
#define STATEMENT "teep.sqlite.statement"

/* How long to wait for a lock of another process. */
#define BUSY_MILLISECONDS 5000
#define RETRY_MILLISECONDS 10

typedef struct {
  sqlite3 *handle; /* NULL: closed */
  bool in_transaction;
  int running;                 /* statements that are in the middle of a run */
  lteep_status rolled_back_by; /* why SQLite rolled back on its own */
} database;

/* Closing the database finalizes its statements, so `handle` is good as long as that is open. The
 * statement's user value keeps the database's memory. */
typedef struct {
  database *database;
  sqlite3_stmt *handle;
  bool running;
} statement;

static lteep_status status_of(sqlite3 *handle, int code) {
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return LTEEP_ERR_BUSY;
  case SQLITE_FULL:
    return LTEEP_ERR_NO_SPACE;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return LTEEP_ERR_CORRUPT;
  case SQLITE_CONSTRAINT:
    return LTEEP_ERR_CONFLICT;
  case SQLITE_READONLY:
  case SQLITE_PERM:
    return LTEEP_ERR_DENIED;
  case SQLITE_CANTOPEN: {
    int number = sqlite3_system_errno(handle);
    bool denied = number == EACCES || number == EPERM || number == EROFS;
    return denied ? LTEEP_ERR_DENIED : LTEEP_ERR_STORE_FAILED;
  }
  case SQLITE_IOERR:
    return LTEEP_ERR_IO_FAILED;
  case SQLITE_TOOBIG:
    return LTEEP_ERR_TOO_LARGE;
  case SQLITE_NOMEM:
    return LTEEP_ERR_NO_MEMORY;
  default:
    return LTEEP_ERR_STORE_FAILED;
  }
}

static int push_failure(lua_State *L, database *db, int code) {
  lteep_status status = status_of(db->handle, code);
  if (db->in_transaction && sqlite3_get_autocommit(db->handle) && db->rolled_back_by == LTEEP_OK)
    db->rolled_back_by = status;
  return lteep_push_failure(L, status, sqlite3_errmsg(db->handle));
}

static database *check_database(lua_State *L) {
  database *db = luaL_checkudata(L, 1, DATABASE);
  if (!db->handle) luaL_error(L, "the database is closed");
  return db;
}

static statement *check_statement(lua_State *L) {
  statement *made = luaL_checkudata(L, 1, STATEMENT);
  if (!made->database || !made->database->handle) luaL_error(L, "the database is closed");
  return made;
}

/* After SQLite rolled back on its own (a full disk, say) what remains of the transaction must not
 * run statement by statement. */
static bool is_rolled_back(const database *db) {
  return db->in_transaction && sqlite3_get_autocommit(db->handle);
}

static int push_rolled_back(lua_State *L, const database *db) {
  return lteep_push_failure(L, db->rolled_back_by, "SQLite rolled the transaction back");
}

/* --- statements --- */

static int bind_argument(lua_State *L, sqlite3_stmt *handle, int place, int index) {
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    return sqlite3_bind_null(handle, place);
  case LUA_TBOOLEAN:
    return sqlite3_bind_int(handle, place, lua_toboolean(L, index));
  case LUA_TNUMBER:
    if (lua_isinteger(L, index)) return sqlite3_bind_int64(handle, place, lua_tointeger(L, index));
    return sqlite3_bind_double(handle, place, lua_tonumber(L, index));
  case LUA_TSTRING: {
    lteep_bytes bytes = lteep_check_bytes(L, index);
    return sqlite3_bind_blob64(handle, place, bytes.at, bytes.size, SQLITE_STATIC);
  }
  default:
    return luaL_argerror(L, index, "want nil, boolean, number or string");
  }
}

/* Bind all arguments; they stay on the stack, so SQLite need not copy them. */
static int bind_arguments(lua_State *L, sqlite3_stmt *handle) {
  int count = sqlite3_bind_parameter_count(handle);
  if (lua_gettop(L) - 1 != count)
    return luaL_error(L, "the statement takes %d arguments, got %d", count, lua_gettop(L) - 1);
  int code = SQLITE_OK;
  for (int i = 1; code == SQLITE_OK && i <= count; i++) code = bind_argument(L, handle, i, i + 1);
  return code;
}

/* Begin a run: it ends with statement_end when the calling function returns or throws. */
static statement *start_run(lua_State *L) {
  statement *made = check_statement(L);
  if (made->running) luaL_error(L, "the statement is running");
  lua_toclose(L, 1);
  made->running = true;
  made->database->running++;
  return made;
}

static int statement_end(lua_State *L) {
  statement *made = luaL_checkudata(L, 1, STATEMENT);
  if (!made->running) return 0;
  made->running = false;
  made->database->running--;
  sqlite3_reset(made->handle);
  sqlite3_clear_bindings(made->handle);
  return 0;
}

/* The failure of `code`, or nothing. */
static int finish(lua_State *L, statement *made, int code) {
  return code == SQLITE_DONE || code == SQLITE_ROW ? 0 : push_failure(L, made->database, code);
}

static void push_column(lua_State *L, sqlite3_stmt *handle, int column) {
  switch (sqlite3_column_type(handle, column)) {
  case SQLITE_INTEGER:
    lua_pushinteger(L, sqlite3_column_int64(handle, column));
    break;
  case SQLITE_FLOAT:
    lua_pushnumber(L, sqlite3_column_double(handle, column));
    break;
  case SQLITE_NULL:
    lua_pushnil(L);
    break;
  default: { /* the pointer first: it may convert, which settles the size */
    const char *at = sqlite3_column_blob(handle, column);
    lua_pushlstring(L, at, (size_t)sqlite3_column_bytes(handle, column));
  }
  }
}

static void push_row(lua_State *L, sqlite3_stmt *handle) {
  int count = sqlite3_column_count(handle);
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    push_column(L, handle, i);
    lua_setfield(L, -2, sqlite3_column_name(handle, i));
  }
}

static int statement_run(lua_State *L) {
  statement *made = start_run(L);
  if (is_rolled_back(made->database)) return push_rolled_back(L, made->database);
  int code = bind_arguments(L, made->handle);
  if (code == SQLITE_OK) do
      code = sqlite3_step(made->handle);
    while (code == SQLITE_ROW);
  int pushed = finish(L, made, code);
  if (pushed) return pushed;
  lua_pushinteger(L, sqlite3_changes64(made->database->handle));
  return 1;
}

static int statement_row(lua_State *L) {
  statement *made = start_run(L);
  if (is_rolled_back(made->database)) return push_rolled_back(L, made->database);
  int code = bind_arguments(L, made->handle);
  if (code == SQLITE_OK) code = sqlite3_step(made->handle);
  if (code == SQLITE_ROW)
    push_row(L, made->handle);
  else
    lua_pushnil(L);
  int pushed = finish(L, made, code);
  return pushed ? pushed : 1;
}

static int statement_rows(lua_State *L) {
  statement *made = start_run(L);
  if (is_rolled_back(made->database)) return push_rolled_back(L, made->database);
  int code = bind_arguments(L, made->handle);
  lua_newtable(L);
  if (code == SQLITE_OK) code = sqlite3_step(made->handle);
  for (lua_Integer i = 1; code == SQLITE_ROW; i++) {
    push_row(L, made->handle);
    lua_rawseti(L, -2, i);
    code = sqlite3_step(made->handle);
  }
  int pushed = finish(L, made, code);
  return pushed ? pushed : 1;
}

static int statement_gc(lua_State *L) {
  statement *made = luaL_checkudata(L, 1, STATEMENT);
  if (made->database && made->database->handle) sqlite3_finalize(made->handle);
  made->database = NULL;
  return 0;
}

/* --- database --- */

static int database_exec(lua_State *L) {
  database *db = check_database(L);
  const char *sql = luaL_checkstring(L, 2);
  if (is_rolled_back(db)) return push_rolled_back(L, db);
  int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
  if (code != SQLITE_OK) return push_failure(L, db, code);
  lua_pushboolean(L, 1);
  return 1;
}

static int database_prepare(lua_State *L) {
  database *db = check_database(L);
  const char *sql = luaL_checkstring(L, 2);
  statement *made = lua_newuserdatauv(L, sizeof *made, 1);
  *made = (statement){NULL, NULL, false};
  luaL_setmetatable(L, STATEMENT);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  int code =
      sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &made->handle, NULL);
  if (code != SQLITE_OK) return push_failure(L, db, code);
  made->database = db;
  return 1;
}

/* Whether fn, whose results start at `first`, returned nil, message, code. */
static bool has_failed(lua_State *L, int first) {
  return lua_gettop(L) >= first + 2 && lua_isnil(L, first) && lua_type(L, first + 2) == LUA_TSTRING;
}

/* How a transaction starts and ends: alone, or as a part of what begin() began. */
typedef struct {
  const char *start, *end, *undo;
} bracket;

static const bracket whole = {"BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"};
static const bracket part = {"SAVEPOINT part", "RELEASE part", "ROLLBACK TO part; RELEASE part"};

static int execute(database *db, const char *sql) {
  return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

static void roll_back(database *db, const bracket *use) {
  if (!sqlite3_get_autocommit(db->handle)) execute(db, use->undo);
  db->in_transaction = false;
}

/* Commit, or tell why not. Returns the number of values pushed. */
static int commit(lua_State *L, database *db, const bracket *use) {
  db->in_transaction = false;
  if (sqlite3_get_autocommit(db->handle)) return push_rolled_back(L, db);
  int code = execute(db, use->end);
  int pushed = code == SQLITE_OK ? 0 : push_failure(L, db, code);
  if (pushed) roll_back(db, use);
  return pushed;
}

static int start(lua_State *L, database *db, const bracket *use) {
  int code = execute(db, use->start);
  if (code != SQLITE_OK) return push_failure(L, db, code);
  if (use == &whole) db->rolled_back_by = LTEEP_OK;
  return 0;
}

/* transaction(fn): BEGIN IMMEDIATE, fn(), COMMIT. Rolls back when fn throws (and throws on) or
 * returns nil, message, code. fn is called without a continuation: it cannot yield, so no other
 * task gets to run inside the transaction. */
static int database_transaction(lua_State *L) {
  database *db = check_database(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  if (db->in_transaction) return luaL_error(L, "transactions do not nest");
  lua_settop(L, 2);
  const bracket *use = sqlite3_get_autocommit(db->handle) ? &whole : &part;
  int failed = start(L, db, use);
  if (failed) return failed;
  db->in_transaction = true;
  bool thrown = lua_pcall(L, 0, LUA_MULTRET, 0) != LUA_OK;
  if (thrown || has_failed(L, 2)) {
    roll_back(db, use);
    return thrown ? lua_error(L) : lua_gettop(L) - 1;
  }
  luaL_checkstack(L, 3, NULL);
  int pushed = commit(L, db, use);
  return pushed ? pushed : lua_gettop(L) - 1;
}

static int database_begin(lua_State *L) {
  database *db = check_database(L);
  if (!sqlite3_get_autocommit(db->handle)) return luaL_error(L, "begin: begun already");
  int failed = start(L, db, &whole);
  if (failed) return failed;
  lua_pushboolean(L, 1);
  return 1;
}

static int database_commit(lua_State *L) {
  database *db = check_database(L);
  if (db->in_transaction) return luaL_error(L, "commit: a transaction is running");
  int failed = commit(L, db, &whole);
  if (failed) return failed;
  lua_pushboolean(L, 1);
  return 1;
}

static int database_has_begun(lua_State *L) {
  lua_pushboolean(L, !sqlite3_get_autocommit(check_database(L)->handle));
  return 1;
}

static int database_in_transaction(lua_State *L) {
  lua_pushboolean(L, check_database(L)->in_transaction);
  return 1;
}

/* Finalizing the statements first lets the file be closed now, not when they are collected. */
static void close_database(database *db) {
  sqlite3_stmt *made;
  while ((made = sqlite3_next_stmt(db->handle, NULL))) sqlite3_finalize(made);
  sqlite3_close(db->handle);
  db->handle = NULL;
}

static int database_close(lua_State *L) {
  database *db = luaL_checkudata(L, 1, DATABASE);
  if (db->in_transaction) return luaL_error(L, "close: a transaction is running");
  if (db->running) return luaL_error(L, "close: a statement is running");
  if (db->handle) close_database(db);
  return 0;
}

/* Switch to the write-ahead log. Processes that open a new file at the same time get in each
 * other's way here, and SQLite does not wait: we do. */
static int start_log(sqlite3 *handle) {
  int code = SQLITE_BUSY;
  for (int waited = 0; (code & 0xff) == SQLITE_BUSY && waited < BUSY_MILLISECONDS;
       waited += RETRY_MILLISECONDS) {
    if (waited > 0) sqlite3_sleep(RETRY_MILLISECONDS);
    code = sqlite3_exec(handle, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
  }
  return code;
}

static int set_up(sqlite3 *handle) {
  sqlite3_extended_result_codes(handle, 1);
  int code = start_log(handle);
  if (code == SQLITE_OK) code = sqlite3_busy_timeout(handle, BUSY_MILLISECONDS);
  if (code == SQLITE_OK)
    code = sqlite3_exec(
        handle, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF", NULL,
        NULL, NULL);
  return code;
}

/* open(path): the file is made if absent. */
static int open_database(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  database *db = lua_newuserdatauv(L, sizeof *db, 0);
  *db = (database){NULL, false, 0, LTEEP_OK};
  luaL_setmetatable(L, DATABASE);
  int code = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
  if (!db->handle) return lteep_push_failure(L, LTEEP_ERR_NO_MEMORY, path);
  if (code == SQLITE_OK) code = set_up(db->handle);
  if (code == SQLITE_OK) return 1;
  int pushed = push_failure(L, db, code);
  close_database(db);
  return pushed;
}

static const luaL_Reg database_methods[] = {{"exec", database_exec},
                                            {"prepare", database_prepare},
                                            {"transaction", database_transaction},
                                            {"in_transaction", database_in_transaction},
                                            {"begin", database_begin},
                                            {"commit", database_commit},
                                            {"has_begun", database_has_begun},
                                            {"close", database_close},
                                            {"__gc", database_close},
                                            {"__close", database_close},
                                            {NULL, NULL}};

static const luaL_Reg statement_methods[] = {{"run", statement_run},   {"row", statement_row},
                                             {"rows", statement_rows}, {"__close", statement_end},
                                             {"__gc", statement_gc},   {NULL, NULL}};

static const luaL_Reg functions[] = {{"open", open_database}, {NULL, NULL}};

__attribute__((visibility("default"))) int luaopen_teep_sqlite(lua_State *L);

int luaopen_teep_sqlite(lua_State *L) {
  lteep_make_class(L, DATABASE, database_methods);
  lteep_make_class(L, STATEMENT, statement_methods);
  luaL_newlib(L, functions);
  return 1;
}
