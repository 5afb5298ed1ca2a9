package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/deadletter"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/replay"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

type replayCmd struct {
	Dead bool `help:"Dead letters: the messages in salve-dlq."`
	Yes  bool `help:"Replay; without it only what would be replayed is listed."`
}

// Run lists what was left, and with --yes takes it through the gates again.
func (c *replayCmd) Run(a *app) error {
	if !c.Dead {
		return fault.New(fault.Invalid, "name what to replay: --dead")
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	return c.dead(a, h)
}

// dead replays dead letters.
func (c *replayCmd) dead(a *app, h hub) error {
	dead, err := a.deadLetters(h)
	if err != nil {
		return err
	}
	do, doing := dead.Plan, "Looking at dead letters"
	if c.Yes {
		if err := a.proven(h, audit.Line{Reason: "replay dead letters"}); err != nil {
			return err
		}
		do, doing = dead.Carry, "Replaying dead letters"
	}
	rows, all := a.rows(), map[replay.State]int{}
	done := a.progress(doing)
	err = do(a.ctx, func(r replay.Row) error {
		all[r.State]++
		return rows.add(r, func() { a.letter(r) })
	})
	done()
	if ended := a.endLetters(rows, all); err == nil {
		err = ended
	}
	if err != nil {
		return err
	}
	switch {
	case all[replay.Waiting] > 0:
		return exit(exitPending)
	case all[replay.Stays] > 0:
		return exit(exitNotFixed)
	}
	return nil
}

// deadLetters are the hub's, and an engine that works on them as the function does.
func (a *app) deadLetters(h hub) (replay.Dead, error) {
	if err := a.asFunction(h); err != nil {
		return replay.Dead{}, err
	}
	batch := run.NewID(a.now())
	ports := wire.Ports(a.names.known(), h.cfg, h.settings, batch, a.audit(h))
	ports.Batch = batch // as in the function
	return replay.Dead{
		Queue:  deadletter.Queue{API: sqs.NewFromConfig(h.cfg), URL: h.settings.DeadQueueURL},
		Engine: engine.New(ports),
		Handle: func(ctx context.Context, messages []engine.Message) ([]string, []audit.Line) {
			var lines auditLines
			ports := ports
			ports.Audit = lines.and(ports.Audit)
			return engine.New(ports).Handle(ctx, messages), lines.list
		},
		Prove: func(_ context.Context, r replay.Row) error {
			return a.proven(h, audit.Line{
				Run: r.Run, Control: r.Control, Account: r.Account, Region: r.Region, Resource: r.Resource,
				Reason: "replay dead letter " + r.Letter,
			})
		},
		Warn: func(err error) { a.warn("%s", sentence(err)) },
	}, nil
}

// letter is a dead letter for people.
func (a *app) letter(r replay.Row) {
	about := r.Kind
	switch {
	case r.Run != "":
		about = "run " + r.Run
	case r.Resource != "":
		about = fmt.Sprintf("%s  %s  %s", r.Control, r.Account, r.Resource)
	}
	if r.Findings > 1 {
		about += fmt.Sprintf(" and %s more", counted(r.Findings-1, "finding"))
	}
	a.say("%s  %s  %s", r.State, r.Letter, about)
	a.say("  %s, since %s", r.Why, stamp(r.Sent))
	switch {
	case r.Verdict != "":
		a.say("  the gate says %s: %s", r.Verdict, r.Because)
	case r.Because != "":
		a.say("  %s", r.Because)
	}
	if r.Became != "" {
		a.say("  → %s", r.Became)
	}
}

// endLetters says how many there were.
func (a *app) endLetters(rows *stream, all map[replay.State]int) error {
	if a.format != formatTable {
		return rows.end()
	}
	switch {
	case rows.count == 0:
		a.say("%s is empty", names.DeadQueue)
	case all[replay.Waiting] > 0:
		a.say("%s would be replayed, %s stay: add --yes to replay", counted(all[replay.Waiting], "letter"),
			thousands(all[replay.Stays]))
	default:
		a.say("%s replayed, %s stay", counted(all[replay.Replayed], "letter"), thousands(all[replay.Stays]))
	}
	return nil
}
