--- Software Updates for the Internet of Things: envelopes created, signed, verified and processed.
-- draft-ietf-suit-manifest-37, draft-ietf-suit-report-18, and of draft-ietf-suit-trust-domains-12 unlink,
-- uninstall and the manifest component identifier.
-- Pure: no I/O, no clock; storage through the transaction and driver handed in.
-- @module teep.suit
-- @usage
-- local envelope = suit.sign(suit.create{ ... }, { key = signer })
-- local verified, message, code = suit.verify(envelope, { keys = { signer_public } })
-- local outcome = suit.process(verified, {
--   procedure = "update", driver = driver, txn = txn, device = device,
-- })
-- if outcome.ok then txn:commit() else txn:abort() end
-- local report = suit.report(outcome, { nonce = token })
local author <const> = require "teep.suit.author"
local encryption <const> = require "teep.suit.encryption"
local processor <const> = require "teep.suit.processor"
local explain <const> = require "teep.suit.report.explain"
local protection <const> = require "teep.suit.report.protection"
local report <const> = require "teep.suit.report"
local verify <const> = require "teep.suit.verify"

return {
  create = author.create,
  sign = author.sign,
  strip = author.strip,
  encrypt = encryption.encrypt,
  decrypt_with = encryption.decrypt_with,
  decode = verify.decode,
  verify = verify.verify,
  process = processor.run,
  report = report.encode,
  read_report = report.decode,
  explain_report = explain,
  protect_report = protection.protect,
  open_report = protection.open,
}
