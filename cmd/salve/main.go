// Command salve is the command line of Salve: the lab, plans, fixes, undo and history.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kong"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/plain"
)

// The exit codes; the help lists them.
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
	Output  string `short:"o" enum:"table,json,yaml,csv" default:"table" help:"Print data as table, json, yaml or csv."`
	Profile string `env:"AWS_PROFILE" placeholder:"NAME" help:"Profile of the AWS configuration to work with."`
	RoleARN string `name:"role-arn" env:"SALVE_ROLE_ARN" placeholder:"ARN" help:"Role to work as, not salve-operator."`
	NoColor bool   `help:"No colours, on a terminal either; so does NO_COLOR."`

	Version versionFlag `help:"Print the version."`

	Demo       demoCmd       `cmd:"" help:"Watch what Salve does, in a lab on this machine."`
	Lab        labCmd        `cmd:"" help:"AWS on one loopback port, to try things out."`
	Controls   controlsCmd   `cmd:"" help:"What Salve can fix."`
	Standards  standardsCmd  `cmd:"" help:"What Salve can fix of each standard, or of one."`
	Findings   findingsCmd   `cmd:"" help:"What Security Hub reports."`
	Assess     assessCmd     `cmd:"" help:"Say what Salve would do about all that is open; changes nothing."`
	Plan       planCmd       `cmd:"" help:"Show what a control would change; writes nothing."`
	Apply      applyCmd      `cmd:"" help:"Fix a resource; without --yes only the plan is shown."`
	Undo       undoCmd       `cmd:"" help:"Take a run back; without --yes only what that would change is shown."`
	Verify     verifyCmd     `cmd:"" help:"Tell whether what a run led to still holds; writes nothing."`
	Handle     handleCmd     `cmd:"" help:"Handle an event from a file exactly as the function does."`
	Rehearse   rehearseCmd   `cmd:"" help:"What a configuration would do about recorded findings; needs no AWS."`
	Replay     replayCmd     `cmd:"" help:"Take what was left through the gates again; without --yes only list it."`
	History    historyCmd    `cmd:"" help:"List runs, the newest first."`
	Show       showCmd       `cmd:"" help:"Show one run, or list the runs of a batch."`
	Approvals  approvalsCmd  `cmd:"" help:"Plans that wait for approval."`
	Approve    approveCmd    `cmd:"" help:"Approve a plan that waits; without --yes it is only shown."`
	Deny       denyCmd       `cmd:"" help:"Deny a plan that waits; without --yes it is only shown."`
	Enable     enableCmd     `cmd:"" help:"Let a control act by itself, everywhere or only in some places."`
	Disable    disableCmd    `cmd:"" help:"Turn a control off, clicks included."`
	Exceptions exceptionsCmd `cmd:"" help:"What is left alone, whoever asks: why, whose, and until when."`
	Rings      ringsCmd      `cmd:"" help:"Where what is newly on auto acts by itself, ring by ring."`
	Stop       stopCmd       `cmd:"" help:"Stop a control, or everything, at once, whoever asks for it."`
	Resume     resumeCmd     `cmd:"" help:"Lift a stop of a person or of the breaker."`
	Locks      locksCmd      `cmd:"" help:"What runs keep from others, and releasing what none works on."`
	Doctor     doctorCmd     `cmd:"" help:"Why would a control not run in an account? Writes nothing."`
	Selftest   selftestCmd   `cmd:"" help:"Prove Salve in a sandbox account; without --yes only the plan is shown."`
	Runbooks   runbooksCmd   `cmd:"" help:"Runbooks of SSM Automation."`
	Actions    actionsCmd    `cmd:"" help:"Custom actions of Security Hub, where the hub's stack does not make them."`
	Org        orgCmd        `cmd:"" help:"Services that produce findings, for a whole organization."`
	Deploy     deployCmd     `cmd:"" help:"Bring Salve into accounts: the hub, and its members."`
	Upgrade    upgradeCmd    `cmd:"" help:"Bring hub and members to this release, or go back; the plan first."`
	Destroy    destroyCmd    `cmd:"" help:"Remove Salve from accounts; the list of what goes first."`
	Config     configCmd     `cmd:"" help:"What is switched on, and where."`
	Completion completionCmd `cmd:"" help:"Print a script that completes commands and flags in your shell."`
	Help       helpCmd       `cmd:"" help:"Explain a command."`
	Built      versionCmd    `cmd:"" name:"version" help:"Print the version."`
	Complete   completeCmd   `cmd:"" name:"complete" hidden:""`
}

func main() { os.Exit(realMain()) }

func realMain() int {
	names, err := released()
	if err != nil {
		printf(os.Stderr, "salve: %v\n", err)
		return exitError
	}
	return start(clock{now: time.Now, sleep: engine.Pause}, names, os.Stdout)
}

// start runs the command line with a clock and with the controls and standards it knows.
func start(c clock, names catalogue, stdout io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return execute(ctx, c, names, os.Args[1:], stdout, os.Stderr)
}

// execute parses the arguments, carries the command out and returns its exit code.
func execute(ctx context.Context, c clock, names catalogue, args []string, stdout, stderr io.Writer) int {
	var root cli
	ended := -1
	parser, err := kong.New(&root, kong.Name("salve"),
		kong.Description("Remediation for AWS Security Hub. No resource is changed without --yes.\n\n"+exitCodes),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: helpWidth}),
		helpTexts(),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { ended = code }),
	)
	if err != nil {
		printf(stderr, "salve: %v\n", err)
		return exitError
	}
	exemplify(parser.Model)
	parsed, err := parser.Parse(helped(args))
	if ended >= 0 { // help was printed
		return ended
	}
	if err != nil {
		said := fmt.Sprintf("salve: %s: see %s --help", plain.Short(err.Error(), maxSentence), helpFor(err))
		printf(stderr, "%s\n", strings.Join(fitted(said, columns(stderr)), "\n"))
		return exitUsage
	}
	names.today = c.now
	a := &app{
		ctx: ctx, out: stdout, err: stderr, format: root.Output, colour: colourful(stdout, root.NoColor),
		columns: columns(stdout), errors: columns(stderr),
		role: root.RoleARN, profile: root.Profile, names: names, clock: c,
		lost: new(atomic.Bool),
	}
	return a.end(parsed.Run(a, parser.Model))
}

const (
	helpWidth    = 100
	helpMode     = "auto, the default: fix by itself; approve: ask first; plan: only tell; manual: only by click."
	helpWorkflow = "Only with these workflow statuses: NEW, NOTIFIED, RESOLVED, SUPPRESSED."
	helpExcept   = "Not there: account=ID, ou=OU, region=REGION, tag=KEY=VALUE, resource=ARN or severity=LABEL."
	helpRule     = "The control, such as S3.8, or a standard, such as cis-5.0.0."
	helpRules    = "The control, such as S3.8, several such as S3.*, or a standard, such as cis-5.0.0."
	helpDefault  = "Instead of a control: the mode where no rule holds: manual, plan, approve or off."
	helpParam    = "Set a parameter of the control; may be repeated. Without a value the stored one is taken away."
	helpFault    = "How: throttle, 500, timeout, drop (done, but no answer), stale (a call's first answer again), " +
		"or a code of AWS's such as LimitExceededException."
	helpStandard = "Key of a standard, such as cis-5.0.0: list its controls. With a star only standards such as cis-*."
	helpAbout    = "The control, such as S3.8, or a finding, by its id as salve findings list prints it."
	helpRun      = "The run, by its id or the beginning of it; its batch; or a finding that it answered."
	maxSentence  = 800 // room for ten names of resources
	exitCodes    = "Exit codes: 0 done, or nothing to do; 1 error; 2 changes are pending (plan, or nobody said yes); " +
		"3 not fixed (failed, denied, unverified, refused); 4 waiting (for approval, or for a later try); 64 wrong usage."
)

// helpTexts are the texts that are too long for a tag.
func helpTexts() kong.Vars {
	return kong.Vars{
		"help_mode": helpMode, "help_workflow": helpWorkflow, "help_param": helpParam, "help_fault": helpFault,
		"help_python": helpPython, "help_about": helpAbout, "help_run": helpRun,
		"help_default": helpDefault, "help_rule": helpRule, "help_rules": helpRules, "help_since": helpSince,
		"help_standard": helpStandard, "statuses": statuses(), "help_except": helpExcept,
	}
}

// helpFor names the command whose help a wrong usage asks for.
func helpFor(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context.Selected() != nil {
		return "salve " + wrong.Context.Selected().Path()
	}
	return "salve"
}
