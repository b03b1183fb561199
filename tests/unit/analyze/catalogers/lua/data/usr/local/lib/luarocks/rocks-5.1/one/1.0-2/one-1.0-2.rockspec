rockspec_format = "3.0"
local v, rev = "1.0", "2"
package = "One"
version = v .. "-" .. rev
source = { url = "git+https://example.org/one.git", tag = "v" .. v }
description = {
   summary = "One \"rock\" \195\169\65",
   detailed = [==[
 package = "not this" ]]
]==],
   license = "MIT/X11", homepage = "https://example.org/" .. package,
   labels = { "a", "b" };
}
-- dependencies = { "commented" }
--[[ dependencies = { "commented too" } ]]
dependencies = { "lua >= 5.1", "two ~> 0.1, < 2", 'user/three', platforms = { unix = { "posix" } } }
build = { type = "builtin", modules = { ["one"] = "one.lua" } }
