-- Branches that no input can take: file -> line of code -> why.
local walked <const> = "the map has been walked to its end before, so that its keys can be walked again"

return {
  ["core/encoding/scanner.c"] = {
    ["for (size_t i = 0; status == LTEEP_OK && i < 2 * count; i++) {"] = walked,
    ["if (status != LTEEP_OK) return fail(s, map->start, status);"] = walked,
  },
}
