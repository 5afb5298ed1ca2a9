package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/salve-security/salve/internal/fault"
)

// helpCmd is what people try first; execute makes --help of it.
type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command, such as config push; without one all are listed."`
}

// Run is reached only where flags with values stood before the word.
func (*helpCmd) Run() error {
	return fault.New(fault.Invalid, "write salve help COMMAND, or salve COMMAND --help")
}

// helped are the arguments that ask for help as flags do.
func helped(args []string) []string {
	at := slices.IndexFunc(args, func(arg string) bool { return !strings.HasPrefix(arg, "-") })
	if at < 0 || args[at] != "help" || slices.Contains(args, "--help") {
		return args
	}
	return append(slices.Delete(slices.Clone(args), at, at+1), "--help")
}

// versionFlag prints what salve version prints.
type versionFlag bool

// BeforeReset ends the program with its version. Kong wants an error of it.
func (versionFlag) BeforeReset(parser *kong.Kong) error { //nolint:unparam // see above
	number, revision := built()
	printf(parser.Stdout, "salve %s (%s)\n", number, revision)
	parser.Exit(exitDone)
	return nil
}
