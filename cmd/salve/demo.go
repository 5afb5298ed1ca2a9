package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/stage"
	"github.com/salve-security/salve/internal/wire"
)

// demoCmd plays first light: a public bucket is reported, fixed, proven,
// explained and taken back, by the deployed function.
type demoCmd struct {
	Python   string        `help:"Interpreter with lab/requirements.txt installed; default is .venv/bin/python."`
	Program  string        `help:"The function's program; default is salve-function beside this program."`
	Patience time.Duration `default:"60s" help:"How long to wait for the function."`
}

// demo is the stage on which the story is played.
type demo struct {
	*app
	*lab.Lab
	h       hub
	mailbox string // URL of a queue that gets what people are told
	account string // the member
	arn     string // its bucket
}

const demoBucket = "quarterly-reports"

// Run plays the story and ends with an error if any part of it does not hold.
func (c *demoCmd) Run(a *app) (err error) {
	d, err := c.start(a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	before, err := d.openFlags()
	if err != nil {
		return err
	}
	finding, err := d.report()
	if err != nil {
		return err
	}
	a.say("3. Security Hub reports S3.8 for %s in %s", d.arn, d.account)
	ctx, cancel := context.WithTimeout(a.ctx, c.Patience)
	defer cancel()
	mail, err := d.mail(ctx)
	if err != nil {
		return fmt.Errorf("the function did not answer in %s: %w", c.Patience, err)
	}
	a.say("4. The function fixed it and told people by email:\n")
	indent(a.out, mail)
	fixed, err := d.finding(finding)
	if err != nil {
		return err
	}
	after, err := d.openFlags()
	if err != nil {
		return err
	}
	a.say("\n5. The finding says:\n")
	indent(a.out, string(fixed.Workflow.Status)+": "+plain.Line(aws.ToString(fixed.Note.Text)))
	return d.takeBack(finding, before, after, fixed.Workflow.Status)
}

// start brings up the lab with Salve in it and a bucket to fix.
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
	d := &demo{app: a, Lab: l, account: l.Members()[0], arn: "arn:aws:s3:::" + demoBucket}
	if err := d.prepare(opts); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	a.say("1. A lab runs at %s with Salve deployed by its own templates (%.1f s)", l.Endpoint(),
		time.Since(began).Seconds())
	a.say("2. S3.8 is switched on for account %s only", d.account)
	return d, nil
}

func (d *demo) prepare(opts lab.Options) error {
	if err := opts.Prepare(d.ctx, d.Lab); err != nil {
		return err
	}
	root := d.Config(d.Hub(), d.Region())
	outputs, err := stage.Outputs(d.ctx, root)
	if err != nil {
		return err
	}
	env := stage.Env(outputs)
	d.h.settings, err = wire.FromEnv(func(name string) string { return env[name] })
	if err != nil {
		return err
	}
	d.h.actor, d.h.own, d.h.cfg = "demo", root, root.Copy()
	d.h.cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(root),
		outputs["OrchestratorRoleArn"], func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "cli-demo" }))
	if d.mailbox, err = d.openMailbox(root); err != nil {
		return err
	}
	config, err := gate.Config{Version: 1, Controls: map[string]gate.Rule{
		"S3.8": {Mode: gate.Auto, Where: []gate.Where{{Accounts: []string{d.account}}}},
	}}.JSON()
	if err != nil {
		return err
	}
	if err := d.h.ledger().PushConfig(d.ctx, string(config), 0); err != nil {
		return err
	}
	return d.makeBucket()
}

// report writes the finding as Security Hub would.
func (d *demo) report() (string, error) {
	f, err := labhub.SDKFinding(labhub.FindingSpec{
		Control: "S3.8", Title: "S3 general purpose buckets should block public access", Severity: "HIGH",
		Consolidated: true, Account: d.account, Region: d.Region(), Resource: d.arn, ResourceType: "AwsS3Bucket",
		At: time.Now(),
	})
	if err != nil {
		return "", fmt.Errorf("build finding: %w", err)
	}
	client := securityhub.NewFromConfig(d.Config(d.Hub(), d.Region()))
	_, err = client.BatchImportFindings(d.ctx, &securityhub.BatchImportFindingsInput{
		Findings: []types.AwsSecurityFinding{f},
	})
	if err != nil {
		return "", fmt.Errorf("write finding: %w", err)
	}
	return aws.ToString(f.Id), nil
}

// finding reads the finding back.
func (d *demo) finding(id string) (types.AwsSecurityFinding, error) {
	client := securityhub.NewFromConfig(d.Config(d.Hub(), d.Region()))
	out, err := client.GetFindings(d.ctx, &securityhub.GetFindingsInput{Filters: &types.AwsSecurityFindingFilters{
		Id: []types.StringFilter{{Value: &id, Comparison: types.StringFilterComparisonEquals}},
	}})
	if err != nil {
		return types.AwsSecurityFinding{}, fmt.Errorf("read finding: %w", err)
	}
	if len(out.Findings) != 1 || out.Findings[0].Note == nil {
		return types.AwsSecurityFinding{}, errors.New("the finding has no note")
	}
	return out.Findings[0], nil
}

// takeBack undoes the run, checks that everything is as before, and sums up.
func (d *demo) takeBack(finding string, before, after int, status types.WorkflowStatus) error {
	e, err := d.engine(d.h)
	if err != nil {
		return err
	}
	fix, err := d.lastRun()
	if err != nil {
		return err
	}
	undo, err := e.Undo(d.ctx, fix.ID, d.h.actor)
	if err != nil {
		return err
	}
	d.say("\n6. Somebody takes it back with salve undo %s --yes:\n", fix.ID)
	told := *d.app
	var lines strings.Builder
	told.out = &lines
	told.story(undo)
	indent(d.out, lines.String())
	restored, err := d.openFlags()
	if err != nil {
		return err
	}
	reopened, err := d.finding(finding)
	if err != nil {
		return err
	}
	d.say("\n7. In short (on emulators, nothing here ran on AWS):\n")
	d.table(table.Row{"", "public access settings that are off", "finding"}, []table.Row{
		{"reported", fmt.Sprintf("%d of 4", before), types.WorkflowStatusNew},
		{"fixed", fmt.Sprintf("%d of 4", after), status},
		{"taken back", fmt.Sprintf("%d of 4", restored), reopened.Workflow.Status},
	})
	if before == 0 || after != 0 || restored != before || status != types.WorkflowStatusResolved ||
		reopened.Workflow.Status != types.WorkflowStatusNew {
		return errors.New("the story did not go as it should: see the table")
	}
	d.say("\nPlay it by hand:\n  bin/salve lab start --deploy && eval \"$(bin/salve lab env)\"\n" +
		"  bin/salve controls show S3.8\n  bin/salve plan S3.8 arn:aws:s3:::BUCKET --account " + d.account)
	return nil
}

func indent(out io.Writer, text string) {
	_, _ = io.WriteString(out, prefixLines(text)) // the terminal is gone if this fails
}
