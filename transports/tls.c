/* TLS of both ends, within libwebsockets.
 *
 * There is one vhost with TLS for all servers of a loop, because libwebsockets 4.1.6 moves an HTTP
 * connection to another vhost as its Host field says, and never frees a vhost whose connections it
 * has moved. The certificate is that of the listener: it is put in when the handshake starts, which
 * is while the connection is being adopted. A client has a vhost for each file of authorities.
 *
 * BCP 195 (RFC 9325): TLS 1.2 and 1.3, ephemeral keys, authenticated encryption, no renegotiation.
 */
#include "transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#if defined(LWS_WITH_MBEDTLS) || defined(USE_WOLFSSL)
#error "libwebsockets has to be built with OpenSSL"
#endif

#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

static bool restrict_protocol(SSL_CTX *tls) {
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* tickets need no memory */
  return SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(tls, CIPHERS_1_2) == 1;
}

static bool is_readable(const char *path, char *problem, size_t size) {
  FILE *file = fopen(path, "r");
  if (file) {
    fclose(file);
    return true;
  }
  lws_snprintf(problem, size, "%s: %s", path, strerror(errno));
  return false;
}

/* --- server --- */

/* Of the listener whose connection is being adopted. */
static _Thread_local SSL_CTX *adopting;

/* Where a passphrase would be asked for on the terminal. */
static int no_passphrase(char *at, int size, int writing, void *user) {
  (void)at, (void)size, (void)writing, (void)user;
  return -1;
}

/* The key first: with a certificate in place it would be refused as if it were broken. */
static bool load(SSL_CTX *tls, const char *certificate, const char *key, char *problem,
                 size_t size) {
  SSL_CTX_set_default_passwd_cb(tls, no_passphrase);
  if (!is_readable(certificate, problem, size) || !is_readable(key, problem, size)) return false;
  if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
    lws_snprintf(problem, size, "%s: no private key in PEM without passphrase", key);
  else if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1)
    lws_snprintf(problem, size, "%s: no usable certificate in PEM", certificate);
  else if (SSL_CTX_check_private_key(tls) != 1)
    lws_snprintf(problem, size, "%s: not the key of the certificate in %s", key, certificate);
  return !*problem;
}

SSL_CTX *lteep_tls_load(const char *certificate, const char *key, char *problem, size_t size) {
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  *problem = '\0';
  bool good = tls && restrict_protocol(tls) && load(tls, certificate, key, problem, size);
  ERR_clear_error();
  if (good) return tls;
  if (!*problem) lws_strncpy(problem, "out of memory", size);
  SSL_CTX_free(tls);
  return NULL;
}

static bool describe_time(const ASN1_TIME *time, const char *what, char *problem, size_t size) {
  struct tm tm;
  char text[32] = "an unknown date";
  if (ASN1_TIME_to_tm(time, &tm) == 1) strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
  lws_snprintf(problem, size, "%s %s", what, text);
  return false;
}

/* What X509_cmp_current_time cannot read (0) is no valid time either. */
static bool is_current(const X509 *certificate, char *problem, size_t size) {
  const ASN1_TIME *from = X509_get0_notBefore(certificate), *to = X509_get0_notAfter(certificate);
  if (X509_cmp_current_time(to) <= 0) return describe_time(to, "expired on", problem, size);
  if (X509_cmp_current_time(from) >= 0)
    return describe_time(from, "is not valid before", problem, size);
  return true;
}

bool lteep_tls_is_current(SSL_CTX *tls, char *problem, size_t size) {
  STACK_OF(X509) *chain = NULL;
  if (!is_current(SSL_CTX_get0_certificate(tls), problem, size)) return false;
  SSL_CTX_get0_chain_certs(tls, &chain);
  for (int i = 0; i < sk_X509_num(chain); i++)
    if (!is_current(sk_X509_value(chain, i), problem, size)) return false;
  return true;
}

void lteep_tls_free(SSL_CTX *tls) {
  SSL_CTX_free(tls);
}

static void choose_certificate(const SSL *ssl, int where, int result) {
  (void)result;
  if (where & SSL_CB_HANDSHAKE_START && adopting) SSL_set_SSL_CTX((SSL *)ssl, adopting);
}

/* The context libwebsockets makes for the vhost: it has no certificate of its own. OpenSSL takes
 * the protocol versions from it, the ciphers from that of the listener. Its look-up of vhosts by
 * server name ends the process when it finds none. */
int lteep_tls_prepare(SSL_CTX *tls) {
  SSL_CTX_set_tlsext_servername_callback(tls, NULL);
  SSL_CTX_set_info_callback(tls, choose_certificate);
  return restrict_protocol(tls) ? 0 : -1;
}

struct lws *lteep_tls_adopt(lteep_listener *listener, lws_adopt_desc_t *info) {
  info->vh = listener->loop->tls_vhost;
  info->type |= LWS_ADOPT_ALLOW_SSL;
  adopting = listener->tls;
  struct lws *wsi = lws_adopt_descriptor_vhost_via_info(info);
  adopting = NULL;
  return wsi;
}

uint64_t lteep_tls_taken(struct lws *wsi) {
  return BIO_number_read(SSL_get_rbio(lws_get_ssl(wsi)));
}

/* --- client --- */

struct lteep_trust {
  lteep_trust *next;
  struct lws_vhost *vhost;
  SSL_CTX *tls;
  struct stat read; /* the file when it was read */
  char path[];      /* empty: the authorities of the system */
};

/* RFC 6066, section 3: a server name is no address. libwebsockets sends both. */
static void drop_address(const SSL *ssl, int where, int result) {
  (void)result;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  struct in_addr v4;
  if (where & SSL_CB_HANDSHAKE_START && name &&
      (*name == '[' || inet_pton(AF_INET, name, &v4) == 1))
    SSL_set_tlsext_host_name((SSL *)ssl, NULL);
}

static bool is_same_file(const struct stat *one, const struct stat *other) {
  return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
         one->st_size == other->st_size && one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
         one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

/* Read the file when it is new or has changed; what was read before stays when it is broken. */
static bool read_authorities(lteep_trust *trust, char *problem, size_t size) {
  struct stat now;
  if (!*trust->path) return trust->vhost || SSL_CTX_set_default_verify_paths(trust->tls) == 1;
  if (!is_readable(trust->path, problem, size)) return false;
  if (stat(trust->path, &now) == 0 && is_same_file(&now, &trust->read)) return true;
  X509_STORE *store = X509_STORE_new();
  if (!store || X509_STORE_load_file(store, trust->path) != 1) {
    lws_snprintf(problem, size, "%s: no certificate in PEM", trust->path);
    X509_STORE_free(store);
    return false;
  }
  SSL_CTX_set_cert_store(trust->tls, store);
  trust->read = now;
  return true;
}

static void free_trust(lteep_trust *trust) {
  if (!trust) return;
  SSL_CTX_free(trust->tls);
  free(trust);
}

static lteep_trust *new_trust(lteep_loop *loop, const char *path, char *problem, size_t size) {
  size_t length = strlen(path);
  lteep_trust *trust = calloc(1, sizeof *trust + length + 1);
  if (!trust) return NULL;
  memcpy(trust->path, path, length);
  trust->tls = SSL_CTX_new(TLS_client_method());
  if (trust->tls && restrict_protocol(trust->tls) && read_authorities(trust, problem, size)) {
    SSL_CTX_set_info_callback(trust->tls, drop_address);
    trust->vhost = lteep_loop_vhost(loop, LTEEP_VHOST_TLS_CLIENT, trust->tls);
  }
  if (trust->vhost) {
    trust->next = loop->trusts;
    return loop->trusts = trust;
  }
  free_trust(trust);
  return NULL;
}

static lteep_trust *find_trust(lteep_loop *loop, const char *path, char *problem, size_t size) {
  lteep_trust *trust = loop->trusts;
  while (trust && strcmp(trust->path, path) != 0) trust = trust->next;
  if (!trust) return new_trust(loop, path, problem, size);
  return read_authorities(trust, problem, size) ? trust : NULL;
}

void lteep_tls_free_trusts(lteep_loop *loop) {
  while (loop->trusts) {
    lteep_trust *next = loop->trusts->next;
    free_trust(loop->trusts);
    loop->trusts = next;
  }
}

bool lteep_tls_connect(lua_State *L, lteep_link *link, struct lws_client_connect_info *info) {
  char problem[sizeof link->reason] = "";
  lua_getfield(L, 2, "authorities");
  const char *authorities = lua_tostring(L, -1);
  lua_pop(L, 1); /* the table keeps it */
  if (!authorities) return true;
  link->tls_name = info->address;
  lteep_trust *trust = find_trust(link->loop, authorities, problem, sizeof problem);
  ERR_clear_error();
  if (!trust) {
    lteep_link_fail(link, *problem ? LTEEP_ERR_CONFIG_INVALID : LTEEP_ERR_NO_MEMORY,
                    *problem ? problem : "out of memory");
    lteep_link_expire_in(link, 0);
    return false;
  }
  info->vhost = trust->vhost;
  info->ssl_connection |= LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
  return true;
}

/* --- verification of a server (RFC 9110, section 4.3.4; RFC 9525) --- */

static bool is_name_of(X509 *certificate, const char *name) {
  unsigned char address[sizeof(struct in6_addr)];
  if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
    return X509_check_ip_asc(certificate, name, 0) == 1;
  return X509_check_host(certificate, name, 0,
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                         NULL) == 1;
}

static void explain(lteep_link *link, int error) {
  char text[sizeof link->reason];
  switch (error) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    lteep_link_fail(link, LTEEP_ERR_TLS_FAILED, "the certificate of the server has expired");
    break;
  case X509_V_ERR_CERT_NOT_YET_VALID:
    lteep_link_fail(link, LTEEP_ERR_TLS_FAILED, "the certificate of the server is not yet valid");
    break;
  case X509_V_ERR_HOSTNAME_MISMATCH:
    lws_snprintf(text, sizeof text, "the certificate of the server is not for %s", link->tls_name);
    lteep_link_fail(link, LTEEP_ERR_TLS_FAILED, text);
    break;
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    lteep_link_fail(link, LTEEP_ERR_TLS_FAILED,
                    "the certificate of the server is from an unknown authority");
    break;
  default:
    lws_snprintf(text, sizeof text, "the certificate of the server: %s",
                 X509_verify_cert_error_string(error));
    lteep_link_fail(link, LTEEP_ERR_TLS_FAILED, text);
  }
}

/* Called for every certificate of the chain, that of the server last. The check of libwebsockets
 * for the name is off: it knows no IPv6 address. */
int lteep_tls_verify(lteep_link *link, X509_STORE_CTX *chain, bool good) {
  if (!link || !link->tls_name) return -1;
  if (good && X509_STORE_CTX_get_error_depth(chain) == 0) {
    good = is_name_of(X509_STORE_CTX_get_current_cert(chain), link->tls_name);
    if (!good) X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
    link->verified = good;
  }
  if (good) return 0;
  link->verified = false;
  explain(link, X509_STORE_CTX_get_error(chain));
  return -1;
}

/* What libwebsockets says of a handshake that failed before verification is of no use. */
bool lteep_tls_explain(lteep_link *link, const char *reason) {
  static const char *const marks[] = {"connect SSL", "connect SYSCALL", "connect unk", "tls: "};
  char text[sizeof link->reason];
  if (!link->tls_name || link->verified) return false;
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    if (strncmp(reason, marks[i], strlen(marks[i])) != 0) continue;
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    lws_snprintf(text, sizeof text, "no TLS with the server: %s",
                 why ? why : "it broke off the handshake");
    lteep_link_fail(link, LTEEP_ERR_TLS_FAILED, text);
    return true;
  }
  return false;
}
