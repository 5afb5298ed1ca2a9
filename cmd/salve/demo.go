package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

// demoCmd plays the deployed function's story in a lab: every chapter checks
// what it shows, and one that does not hold ends it.
type demoCmd struct {
	Python   programName   `placeholder:"PATH" help:"${help_python}"`
	Program  diskName      `placeholder:"PATH" help:"The function's program; default is salve-function beside this one."`
	Patience time.Duration `default:"60s" help:"How long to wait for the function."`
}

// demo is the stage on which the story is played.
type demo struct {
	*app
	*lab.Lab
	h       hub
	action  string // ARN of the button Remediate
	mailbox string // URL of a queue that gets what people are told
	letters []string
	member  string // where controls act by themselves
	other   string // where they wait for a click
	props   []*prop
	first   *run.Run // the fix of the first chapter
}

// chapter is a part of the story.
type chapter struct {
	title string
	play  func(*demo) error
}

func chapters() []chapter {
	return []chapter{
		{"A public bucket is reported and fixed by itself", (*demo).playFix},
		{"A person clicks Remediate", (*demo).playClick},
		{"A plan waits for somebody who approves it", (*demo).playApproval},
		{"Three standards report one bucket, one fix answers them", (*demo).playStandards},
		{"A forged finding is refused", (*demo).playForged},
		{"AWS takes its time: the run parks and is finished later", (*demo).playSlow},
		{"Somebody takes the first fix back", (*demo).playUndo},
		{"A runbook of SSM Automation closes a bucket, and another opens it again", (*demo).playRunbook},
		{"What people got by email about the first fix", (*demo).playMail},
		{"In short", (*demo).playEnd},
	}
}

// Run plays the story.
func (c *demoCmd) Run(a *app) (err error) {
	d, err := c.start(a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	for i, chapter := range chapters() {
		d.say("\n%s", d.paint(bold, fmt.Sprintf("%d. %s", i+1, chapter.title)))
		if err := d.within(a.ctx, c.Patience, chapter.play); err != nil {
			// In one sentence, which for an answer of AWS would leave the chapter out.
			return fault.New(fault.Unknown, "the demo's chapter %d (%s) does not hold: %s", i+1, chapter.title, sentence(err))
		}
	}
	return nil
}

// within plays a chapter in the time there is for it.
func (d *demo) within(ctx context.Context, patience time.Duration, play func(*demo) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	hurry := *d.app
	hurry.ctx, d.app = ctx, &hurry
	return play(d)
}

// start brings up the lab with Salve in it.
func (c *demoCmd) start(a *app) (*demo, error) {
	began := time.Now()
	options := labOptions{
		Deploy: true, Program: c.Program, Python: c.Python, Hub: lab.DefaultHub, Region: []string{lab.DefaultRegion},
	}
	opts, err := options.options()
	if err != nil {
		return nil, err
	}
	opts.Members = nil // the lab's own
	l, err := lab.Start(a.ctx, opts)
	if err != nil {
		return nil, err
	}
	d := &demo{app: a, Lab: l, member: l.Members()[0], other: l.Members()[1]}
	if err := d.prepare(opts); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	a.say("AWS on emulators at %s, Salve deployed by its own templates (%.1f s).", l.Endpoint(),
		time.Since(began).Seconds())
	a.say("S3.8 and KMS.4 act by themselves in account %s only, EC2.2 asks first.", d.member)
	return d, nil
}

func (d *demo) prepare(opts lab.Options) error {
	if err := opts.Prepare(d.ctx, d.Lab); err != nil {
		return err
	}
	root := d.Config(d.Hub(), d.Region())
	var err error
	at := wire.Place{Partition: "aws", Account: d.Hub(), Region: d.Region(), Endpoint: d.Endpoint()}
	if d.h.settings, err = wire.At(d.ctx, at, func(string) string { return "" }); err != nil {
		return err
	}
	d.action, d.h.actor, d.h.own, d.h.cfg = d.h.settings.ActionARN, "demo", root, root.Copy()
	d.h.role = "arn:aws:iam::" + d.Hub() + ":role/" + names.OperatorRole
	d.h.cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(root), d.h.role,
		func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "cli-demo" }))
	if d.mailbox, err = d.openMailbox(root); err != nil {
		return err
	}
	here := []gate.Where{{Accounts: []string{d.member}}}
	config, err := gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"S3.8": {Mode: gate.Auto, Where: here}, "KMS.4": {Mode: gate.Auto, Where: here}, "EC2.2": {Mode: gate.Approve},
	}}.JSON()
	if err != nil {
		return err
	}
	return d.h.ledger().PushConfig(d.ctx, d.pushing(d.h, gate.Push{Doc: string(config), How: "demo"}))
}

// tell prints an indented text that fits a terminal.
func (d *demo) tell(format string, args ...any) {
	for i, arg := range args {
		args[i] = shown(arg, maxText)
	}
	printf(d.out, "%s", prefixLines(strings.TrimRight(fmt.Sprintf(format, args...), "\n"), d.proseWidth()))
}
