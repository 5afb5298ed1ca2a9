package main

import (
	"context"

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
	Dead    bool    `help:"Dead letters: the messages in salve-dlq."`
	Since   string  `placeholder:"WHEN" help:"Open findings reported since then: an age such as 24h, a day, or a time."`
	Control string  `placeholder:"ID" patterns:"" help:"Only of this control, such as S3.8, or of several: S3.*."`
	Account several `placeholder:"ID" help:"Only in these accounts, parted by commas."`
	Each    bool    `help:"List every finding, not only how many."`
	Yes     bool    `help:"Replay; without it only what would be replayed is listed."`
}

// Run lists what was left, and with --yes takes it through the gates again.
func (c *replayCmd) Run(a *app) error {
	switch narrowed := c.Control != "" || len(c.Account) > 0 || c.Each; {
	case c.Dead == (c.Since != ""):
		return fault.New(fault.Invalid, "name what to replay: --dead, or --since with a time such as 7d")
	case c.Dead && narrowed:
		return fault.New(fault.Invalid, "--control, --account and --each are about findings: leave them out with --dead")
	case !c.Dead:
		return c.findings(a)
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
		Handle: handling(ports),
		Prove: func(_ context.Context, r replay.Row) error {
			return a.proven(h, audit.Line{
				Run: r.Run, Control: r.Control, Account: r.Account, Region: r.Region, Resource: r.Resource,
				Reason: "replay dead letter " + r.Letter,
			})
		},
		Warn: func(err error) { a.warn("%s", sentence(err)) },
	}, nil
}

// handling handles messages as the function does, and keeps the audit lines of each batch.
func handling(ports engine.Ports) replay.Handle {
	return func(ctx context.Context, messages []engine.Message) ([]string, []audit.Line) {
		var lines auditLines
		ports := ports
		ports.Audit = lines.and(ports.Audit)
		return engine.New(ports).Handle(ctx, messages), lines.list
	}
}

// letter is a dead letter for people.
func (a *app) letter(r replay.Row) {
	more := ""
	if r.Findings > 1 {
		more = " and " + counted(r.Findings-1, "finding") + " more"
	}
	switch {
	case r.Run != "":
		a.say("%s  %s  run %s", r.State, r.Letter, r.Run)
	case r.Resource != "":
		a.say("%s  %s  %s  %s  %s%s", r.State, r.Letter, r.Control, r.Account, r.Resource, more)
	default:
		a.say("%s  %s  %s", r.State, r.Letter, r.Kind)
	}
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
		a.say("%s would be replayed, %s left in the queue: add --yes to replay", counted(all[replay.Waiting], "letter"),
			thousands(all[replay.Stays]))
	default:
		a.say("%s replayed, %s left in the queue", counted(all[replay.Replayed], "letter"), thousands(all[replay.Stays]))
	}
	return nil
}
