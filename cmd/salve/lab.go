package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/lab/stage"
)

type labCmd struct {
	Start   labStart   `cmd:"" help:"Start a lab in the background and print its endpoint when it is ready."`
	Stop    labStop    `cmd:"" help:"Stop the lab; no process, port or file of it is left."`
	Reset   labReset   `cmd:"" help:"Forget everything that is in the lab."`
	Status  labStatus  `cmd:"" help:"Print where the lab is and how many calls it has served."`
	Env     labEnv     `cmd:"" help:"Print shell exports for the lab's hub account, or another."`
	Finding labFinding `cmd:"" help:"Write a finding as Security Hub would, and print its id."`
	Click   labClick   `cmd:"" help:"Press a button of Salve on a finding."`
	Fault   labFault   `cmd:"" help:"Make calls fail, to see how Salve bears it."`
	Advance labAdvance `cmd:"" help:"Put the time of runbooks forward: what sleeps or waits in them looks again."`
	Serve   labServe   `cmd:"" hidden:""`
}

// helpPython says what the emulators run on.
const helpPython = "Python with internal/lab/emulators/requirements.txt in it; default is .venv/bin/python."

// labOptions are shared by start and serve, which start runs in the background.
type labOptions struct {
	Name    string        `default:"lab" help:"Name of the lab; several can run at once."`
	Port    int           `placeholder:"PORT" help:"Port on 127.0.0.1; default is a free one."`
	Python  programName   `placeholder:"PATH" help:"${help_python}"`
	Hub     string        `default:"111111111111" help:"The hub account."`
	Member  []string      `default:"222222222222,333333333333" help:"The member accounts."`
	Manager string        `name:"management" default:"100000000000" help:"The management account of their organization."`
	Bare    bool          `help:"An organization in which no service is switched on: for salve org and salve deploy."`
	Region  []string      `default:"us-east-1" help:"The Regions, the first is the hub's."`
	Deploy  bool          `help:"Deploy Salve into it: the hub stack, and a member stack an account."`
	Program diskName      `placeholder:"PATH" help:"The function's program; default is salve-function beside this one."`
	Digest  time.Duration `default:"0s" help:"How long successes are collected for one notice, such as 5m."`
}

func (o labOptions) options() (lab.Options, error) {
	opts := lab.Options{
		Port: o.Port, Regions: o.Region, Hub: o.Hub, Members: o.Member, Python: string(o.Python), Management: o.Manager,
		Bare: o.Bare,
	}
	if !o.Deploy {
		return opts, nil
	}
	path := string(o.Program)
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return opts, fmt.Errorf("find this program: %w", err)
		}
		path = filepath.Join(filepath.Dir(self), "salve-function")
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return opts, fmt.Errorf("read the function's program: %w: run make build, or name it with --program", err)
	}
	opts.Arguments = []string{"--deploy", "--program", path, "--digest", o.Digest.String()}
	opts.Prepare = func(ctx context.Context, l *lab.Lab) error {
		_, err := stage.Deploy(ctx, l, stage.Options{Program: program, Digest: o.Digest})
		return err
	}
	return opts, nil
}

// check tells what is wrong before a process is started that could only tell its log.
func (o labOptions) check() error {
	const ports = 1<<16 - 1
	switch {
	case !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`).MatchString(o.Name):
		return fault.New(fault.Invalid, "--name %q is no name of a lab: use lower-case letters, digits and dashes, "+
			"31 at most", o.Name)
	case o.Port < 0 || o.Port > ports:
		return fault.New(fault.Invalid, "--port %d is no port: write one from 1 to %d, or leave it out", o.Port, ports)
	}
	for _, region := range o.Region {
		if err := oneRegion(region); err != nil {
			return err
		}
	}
	if o.Bare && o.Deploy {
		return fault.New(fault.Invalid, "--bare and --deploy exclude each other: in a bare lab salve deploy does it")
	}
	return accounts(append([]string{o.Hub, o.Manager}, o.Member...)...)
}

type labStart struct{ labOptions }

// Run starts the lab and prints where it is.
func (c *labStart) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	opts, err := c.options()
	if err != nil {
		return err
	}
	d, err := lab.Spawn(a.ctx, c.Name, opts)
	if err != nil {
		return err
	}
	return a.data(d, func() { a.say("%s", d.Endpoint) })
}

type labServe struct{ labOptions }

// Run is the lab's own process.
func (c *labServe) Run(a *app) error {
	opts, err := c.options()
	if err != nil {
		return err
	}
	return lab.Serve(a.ctx, c.Name, opts)
}

// labName picks a running lab.
type labName struct {
	Name string `default:"lab" help:"Name of the lab."`
}

type labStop struct{ labName }

// Run stops the lab.
func (c *labStop) Run(a *app) error {
	err := lab.Stop(a.ctx, c.Name)
	if errors.Is(err, lab.ErrNotRunning) {
		a.warn("lab %s does not run: nothing to stop", c.Name)
		return nil
	}
	return err
}

type labReset struct{ labName }

// resetReport is what a reset did, as programs get it.
type resetReport struct {
	Name     string   `json:"name"`
	Endpoint string   `json:"endpoint"`
	Accounts []string `json:"accounts"`
	Salve    bool     `json:"salve"` // was deployed in it, and is no longer
}

// Run empties the lab.
func (c *labReset) Run(a *app) error {
	d, err := lab.Find(a.ctx, c.Name)
	if err != nil {
		return err
	}
	_, none := stage.Outputs(a.ctx, lab.Root(d.Endpoint, d.Hub, d.Regions[0]))
	if err := steer(a.ctx, c.Name, http.MethodPost, "/_lab/reset", nil); err != nil {
		return err
	}
	done := resetReport{d.Name, d.Endpoint, append([]string{d.Hub}, d.Members...), none == nil}
	return a.data(done, func() {
		a.say("lab %s at %s is empty: resources, findings and faults of %s are forgotten",
			done.Name, done.Endpoint, strings.Join(done.Accounts, " "))
		if done.Salve {
			a.say("Salve is gone from it as well: salve lab stop, then salve lab start --deploy")
		}
	})
}

type labStatus struct{ labName }

// Run prints how the lab is.
func (c *labStatus) Run(a *app) error {
	d, err := lab.Find(a.ctx, c.Name)
	if err != nil {
		return err
	}
	s, err := d.Status(a.ctx)
	if err != nil {
		return err
	}
	return a.data(s, func() {
		a.say("%s  hub %s  members %s  Regions %s  %s", s.Endpoint, s.Hub, strings.Join(s.Members, " "),
			strings.Join(s.Regions, " "), counted(s.Calls, "call"))
	})
}

type labEnv struct {
	labName
	Account string `placeholder:"ID" help:"Another account than the hub, as its root; or management."`
}

// Run prints what a shell needs to work in the lab: the rest follows from there, as on AWS.
func (c *labEnv) Run(a *app) error {
	d, err := lab.Find(a.ctx, c.Name)
	if err != nil {
		return err
	}
	account := d.Hub
	switch c.Account {
	case "":
	case "management":
		account = d.Management
	default:
		account = c.Account
		if err := accounts(account); err != nil {
			return err
		}
	}
	env := map[string]string{
		"AWS_ENDPOINT_URL": d.Endpoint, "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_REGION": d.Regions[0], "AWS_DEFAULT_REGION": d.Regions[0], // the second is what Python reads
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		a.say("export %s=%q", name, env[name])
	}
	a.say("unset AWS_SESSION_TOKEN AWS_PROFILE SALVE_ROLE_ARN")
	return nil
}
