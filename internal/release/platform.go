package release

import (
	"fmt"
	"slices"
)

// Platform is what a program runs on, in Go's words.
type Platform struct{ OS, Arch string }

// Platforms are those that the command line is released for.
func Platforms() []Platform {
	return []Platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}
}

// Lambda is the platform of a function.
func Lambda(arch string) Platform { return Platform{"linux", arch} }

// String is the platform in the name of a file.
func (p Platform) String() string { return p.OS + "-" + p.Arch }

func (p Platform) check() error {
	if !slices.Contains(Platforms(), p) {
		return fmt.Errorf("platform %s: programs are built for %v", p, Platforms())
	}
	return nil
}
