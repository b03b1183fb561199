module example.org/app

go 1.22

require (
	github.com/a/b v1.2.3
	github.com/c/d/v2 v2.0.0 // indirect
	golang.org/x/net v0.1.0
	github.com/l/l v1.0.0
)
require github.com/e/f v0.0.0-20200101000000-abcdefabcdef
replace github.com/a/b => github.com/z/b v1.2.4
replace github.com/l/l => ./l
exclude golang.org/x/net v0.1.0
