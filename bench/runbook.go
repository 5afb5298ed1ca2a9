package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/lab/stage"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
	"github.com/salve-security/salve/playbooks"
)

// starter is an engine in the bench, with the rights of the deployed function, for which S3.8 is carried out by the
// runbook of Salve.CloseBucket: no finding asks for a playbook of Salve's own.
type starter struct {
	*bench
	engine.Ports
	ahead atomic.Int64 // how far its clock is ahead
}

func (b *bench) starter(ctx context.Context) (*starter, error) {
	if err := errors.Join(b.world(ctx), stage.LetIn(ctx, b.lab)); err != nil {
		return nil, err
	}
	known, err := byRunbook()
	if err != nil {
		return nil, err
	}
	settings, err := wire.FromEnv(func(name string) string { return b.env[name] })
	if err != nil {
		return nil, err
	}
	root := b.hub()
	own, role := root.Copy(), "arn:aws:iam::"+b.lab.Hub()+":role/"+names.FunctionRole
	own.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(root), role))
	s := &starter{bench: b}
	s.Ports = wire.Ports(known, own, settings, "bench", func(context.Context, audit.Line) {})
	s.Now = func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }
	return s, nil
}

// byRunbook is S3.8 with the mechanism of Salve.CloseBucket.
func byRunbook() (wire.Known, error) {
	standards, err := playbooks.Load()
	if err != nil {
		return wire.Known{}, fmt.Errorf("standards: %w", err)
	}
	all, err := controls.All(standards.Listing)
	if err != nil {
		return wire.Known{}, fmt.Errorf("controls: %w", err)
	}
	c, ok := all.Get("Salve.CloseBucket")
	reported, known := all.Get("S3.8")
	if !ok || !known {
		return wire.Known{}, errors.New("there is no control Salve.CloseBucket, or no S3.8")
	}
	c.ID, c.Fails = reported.ID, reported.Fails
	registry, err := control.NewRegistry(nil, c)
	return wire.Known{Controls: registry, Standards: standards}, err
}

// measureRunbook counts the calls of a run that starts a runbook. The first one publishes it and is not counted.
func measureRunbook(ctx context.Context, b *bench) ([]row, error) {
	s, err := b.starter(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.tap(ctx); err != nil {
		return nil, err
	}
	if _, _, err := s.once(ctx); err != nil {
		return nil, err
	}
	if err := b.lab.Advance(ctx, time.Second); err != nil { // AWS takes a start a second: an engine in haste asks twice
		return nil, fmt.Errorf("put the lab's time forward: %w", err)
	}
	begin, end, err := s.once(ctx)
	if err != nil {
		return nil, err
	}
	own, check := split(begin, end)
	calls, blocks := apart(own, 3)
	const by = ", S3.8 carried out by Salve-CloseBucket, published before; an engine in the bench"
	return []row{
		{
			what:  "AWS calls of one run of a runbook besides its checks" + by,
			value: fmt.Sprintf("%d (%s)%s", len(calls), list(calls), blocks), goal: "≤ 11",
		},
		{
			what:  "AWS calls of the check that ends it, its message included",
			value: fmt.Sprintf("%d (%s)", len(check), list(check)),
		},
	}, nil
}

// split tells the calls of a check from those of the run: the look, and the message that orders it. The end is told to
// findings and ledger by every run, whether it has waited or not.
func split(begin, end []lab.Entry) (own, check []lab.Entry) {
	for _, call := range begin {
		if call.Operation == "SendMessage" {
			check = append(check, call)
		} else {
			own = append(own, call)
		}
	}
	closing := 0
	for i, call := range end {
		if call.Operation == "BatchUpdateFindings" {
			closing = i
		}
	}
	return append(own, end[closing:]...), append(check, end[:closing]...)
}

// once lets one bucket be fixed by the runbook, and returns the calls until it was started, and those of the check.
func (s *starter) once(ctx context.Context) (begin, end []lab.Entry, err error) {
	batch, err := s.batches(ctx, s.lab.Members()[0], 1)
	if err != nil {
		return nil, nil, err
	}
	var came event
	if err := json.Unmarshal([]byte(batch[0]), &came); err != nil {
		return nil, nil, fmt.Errorf("read an event: %w", err)
	}
	s.ahead.Store(0) // or the event would be an old one
	s.lab.ClearCalls()
	if err := s.handle(ctx, came.Records[0].Body); err != nil {
		return nil, nil, err
	}
	begin = s.ours()
	r, err := s.last(ctx)
	if err != nil {
		return nil, nil, err
	}
	if r.Execution == nil {
		return nil, nil, fmt.Errorf("the run started nothing: %s %s", r.Status, r.Reason)
	}
	if err := s.over(ctx, r); err != nil {
		return nil, nil, err
	}
	s.ahead.Store(int64(time.Minute))
	s.lab.ClearCalls()
	if err := s.handle(ctx, fmt.Sprintf(`{"salve":"check","run":%q}`, r.ID)); err != nil {
		return nil, nil, err
	}
	end = s.ours()
	if r, err = s.last(ctx); err == nil && r.Status != run.StatusVerified {
		err = fmt.Errorf("the run is %s: %s", r.Status, r.Reason)
	}
	return begin, end, err
}

func (s *starter) handle(ctx context.Context, body string) error {
	if failed := engine.New(s.Ports).Handle(ctx, []engine.Message{{ID: "bench", Body: body}}); len(failed) > 0 {
		return fmt.Errorf("it could not handle %s", body)
	}
	return nil
}

// last is the run of the bucket that was made last.
func (s *starter) last(ctx context.Context) (*run.Run, error) {
	book, err := s.ledger()
	if err != nil {
		return nil, err
	}
	page, err := book.History(ctx, run.Query{
		Resource: fmt.Sprintf("arn:aws:s3:::bench-%04d", s.buckets),
	})
	if err != nil || len(page.Runs) == 0 {
		return nil, fmt.Errorf("there is no run: %w", err)
	}
	return page.Runs[0], nil
}

// over waits for the end of what a run started.
func (s *starter) over(ctx context.Context, r *run.Run) error {
	client := ssm.NewFromConfig(s.lab.Config(r.Key.Account, r.Region))
	return until(ctx, 100*time.Millisecond, func() (bool, error) {
		out, err := client.GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{
			AutomationExecutionId: &r.Execution.ID,
		})
		if err != nil {
			return false, fmt.Errorf("look at the execution: %w", err)
		}
		return out.AutomationExecution.ExecutionEndTime != nil, nil
	})
}

// figures are the lines that a test of the engine prints.
func figures(printed string) []string {
	var out []string
	for line := range strings.Lines(printed) {
		if _, figure, ok := strings.Cut(line, "figure: "); ok {
			out = append(out, strings.TrimSpace(figure))
		}
	}
	return out
}
