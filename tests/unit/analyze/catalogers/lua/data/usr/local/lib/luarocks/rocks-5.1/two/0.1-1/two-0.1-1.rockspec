package = 'two'
version = '0.1-1'
source = { url = 'file://two.lua' }
description = { license = "Apache-2.0" }
dependencies = {}
build = { type = 'builtin', modules = { two = 'two.lua' } }
