// Command salve is the command line of Salve: the lab, plans, fixes, undo and history.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/alecthomas/kong"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// The exit codes; README lists them.
const (
	exitDone     = 0
	exitError    = 1
	exitPending  = 2
	exitNotFixed = 3
	exitWaiting  = 4
	exitUsage    = 64
)

// exit is the error of a command that worked but has more to say than done.
type exit int

// Error names the code.
func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// cli is the command tree.
type cli struct {
	Output  string `short:"o" enum:"table,json" default:"table" help:"How to print data: table or json."`
	RoleARN string `name:"role-arn" env:"SALVE_ROLE_ARN" help:"Role to work as; default is the orchestrator's."`

	Demo     demoCmd     `cmd:"" help:"Watch a finding go all the way, in a lab on this machine."`
	Lab      labCmd      `cmd:"" help:"AWS on one loopback port."`
	Controls controlsCmd `cmd:"" help:"What Salve can fix."`
	Plan     planCmd     `cmd:"" help:"Show what a control would change; writes nothing."`
	Apply    applyCmd    `cmd:"" help:"Fix a resource; without --yes only the plan is shown."`
	Undo     undoCmd     `cmd:"" help:"Take a run back; without --yes only what it changed is shown."`
	Handle   handleCmd   `cmd:"" help:"Handle an event file exactly as the function does."`
	History  historyCmd  `cmd:"" help:"List runs."`
	Show     showCmd     `cmd:"" help:"Show one run."`
	Enable   enableCmd   `cmd:"" help:"Let a control act by itself."`
	Disable  disableCmd  `cmd:"" help:"Turn a control off, clicks included."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

func main() { os.Exit(realMain()) }

func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// execute parses the arguments, carries the command out and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var root cli
	ended := -1
	parser, err := kong.New(&root, kong.Name("salve"), kong.UsageOnError(),
		kong.Description("Remediation for AWS Security Hub. Nothing is written without --yes."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { ended = code }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "salve:", err)
		return exitError
	}
	parsed, err := parser.Parse(args)
	if ended >= 0 { // help was printed
		return ended
	}
	if err != nil {
		fmt.Fprintf(stderr, "salve: %s: see salve --help\n", plain.Line(err.Error()))
		return exitUsage
	}
	err = parsed.Run(&app{ctx: ctx, out: stdout, err: stderr, json: root.Output == "json", role: root.RoleARN})
	var code exit
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(stderr, "salve:", plain.Line(fault.Cause(err)))
	if fault.Of(err) == fault.Invalid {
		return exitUsage
	}
	return exitError
}
