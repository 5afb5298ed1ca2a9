package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/assess"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/version"
)

// lookedFor is how long the numbers of an assessment are shown where something is switched on.
const lookedFor = time.Hour

// how is how a call of enable is carried out.
type how struct {
	yes      bool
	backfill bool
	blind    bool // nobody looks first
}

// extent is what a call of enable is about: which controls, and where.
type extent struct {
	controls   []string
	where, off []gate.Where
}

// placed tells where accounts are.
func (a *app) placed(h hub) func(ctx context.Context, account string) (gate.Placed, error) {
	return (&around.Finder{Charts: h.ledger(), Sessions: a.sessions(h), Now: a.now}).Placed
}

// there tells that a finding is where a change is made, or that nobody can tell before its resource is looked at.
func (a *app) there(
	e *configEdit, x extent, c control.Control, f finding.Finding,
	placed func(ctx context.Context, account string) (gate.Placed, error),
) bool {
	in := a.gateInput(e.next, c, f)
	d := x.decision(in)
	if d.Reason == gate.UnknownOUs {
		if known, err := placed(a.ctx, f.Account); err == nil {
			in.Snapshots.Placed = known
			d = x.decision(in)
		}
	}
	return d.Reason != gate.TurnedOff
}

// decision is that of a gate which lets everything happen there and nothing elsewhere.
func (x extent) decision(in gate.Input) gate.Decision {
	in.Config = gate.Config{
		Version: gate.Version, Defaults: gate.Defaults{Mode: gate.Off},
		Controls: map[string]gate.Rule{in.Control.ID: {Mode: gate.Auto, Where: x.where, OffIn: x.off}},
	}
	in.Overlay, in.Trigger, in.Control.Identities, in.Control.Problem = gate.Overlay{}, gate.Imported, false, ""
	return gate.Decide(in)
}

// looked is what a change meets where it is made, as programs get it: the numbers of salve assess.
type looked struct {
	Began    time.Time             `json:"began"`
	Total    assess.Count          `json:"total"`
	Controls []assess.ControlCount `json:"controls"`
	Reasons  []assess.Because      `json:"reasons"`
	Scores   []assess.Score        `json:"scores"`
	LeftOut  []string              `json:"left_out"`

	path string // of the journal, where it is of nothing else
}

// forget removes the journal: once the change is made, its numbers are of before.
func (l *looked) forget() {
	if l != nil && l.path != "" {
		_ = os.Remove(l.path) // another call looks again after an hour in any case
	}
}

// look assesses what a change is about. Not to be able to is said, and is no reason not to go on: who is asked hears
// that nobody looked. An error is that somebody interrupts.
func (a *app) look(h hub, e *configEdit, x extent) (*looked, error) {
	if len(x.controls) == 0 {
		return nil, nil
	}
	l, err := a.lookAt(h, e, x)
	if a.ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		a.warn("what it would change there is not known: %s", sentence(err))
		return nil, nil
	}
	return l, nil
}

func (a *app) lookAt(h hub, e *configEdit, x extent) (*looked, error) {
	if err := a.asFunction(h); err != nil {
		return nil, err
	}
	s := a.looker(h.own, h.me)
	placed := a.placed(h)
	s.Sessions, s.Hub, s.Config, s.Stops, s.Placed = a.sessions(h), true, e.next, e.stored.Stops, placed
	s.Within = func(u assess.Unit) bool {
		if !slices.Contains(x.controls, u.Control) {
			return false
		}
		c, known := a.names.playbookIn(e.next, u.Control)
		return !known || a.there(e, x, c, u.Finding(), placed)
	}
	s.Playbook = a.playbookOf(e.next)
	journal, path, err := a.lookJournal(h, e, x)
	if err != nil {
		return nil, err
	}
	s.Journal = journal
	defer func() { _ = s.Journal.Close() }() // each line is on the disk already
	done := a.assessing(s)
	err = s.Run(a.ctx)
	done()
	if err != nil {
		return nil, err
	}
	sum, err := s.Summarise(s.Report())
	if err != nil {
		return nil, err
	}
	return &looked{
		Began: sum.Began, Total: sum.Total, Controls: sum.Controls, Reasons: sum.Reasons, Scores: sum.Scores,
		LeftOut: sum.LeftOut, path: path,
	}, nil
}

// lookJournal is that of a recent assessment of everything, where what it goes by is not changed, else one of its own.
// The path is that of its own.
func (a *app) lookJournal(h hub, e *configEdit, x extent) (*assess.Journal, string, error) {
	folder, err := cacheFolder("assess")
	if err != nil {
		return nil, "", err
	}
	all := assess.Head{
		Release: version.String(), Account: a.at.account, Region: h.own.Region, As: throughHub, Began: a.now(),
	}
	if all.Config, err = goesBy(e.config, e.stored.Stops); err != nil {
		return nil, "", err
	}
	if e.sameParameters(x.controls) {
		if j := a.recent(filepath.Join(folder, all.Name()), all); j != nil {
			return j, "", nil
		}
	}
	own := all
	own.Others, own.Of = true, accountsOf(x.where)
	own.Query = assess.Query{Controls: slices.Sorted(slices.Values(x.controls)), Accounts: own.Of}
	if own.Config, err = goesBy(e.next, e.stored.Stops); err != nil {
		return nil, "", err
	}
	path := filepath.Join(folder, own.Name())
	if j := a.recent(path, own); j != nil {
		return j, path, nil
	}
	j, err := assess.Open(path, own, true)
	return j, path, err
}

// recent is a journal that is there and whole, and not too old; nil where there is none.
func (a *app) recent(path string, of assess.Head) *assess.Journal {
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	j, err := assess.Open(path, of, false)
	if err != nil {
		return nil // of something else by now
	}
	if j.Complete() && a.now().Sub(j.Head.Began) < lookedFor {
		return j
	}
	_ = j.Close() // nothing was written to it
	return nil
}

// sameParameters tells that a change leaves parameters and runbooks of controls alone: what they want is as before.
func (e *configEdit) sameParameters(controls []string) bool {
	return !slices.ContainsFunc(controls, func(id string) bool {
		return !reflect.DeepEqual(e.config.Parameters(id), e.next.Parameters(id)) ||
			!reflect.DeepEqual(e.config.Runbook(id), e.next.Runbook(id))
	})
}

// goesBy is the hash of what an assessment goes by.
func goesBy(config gate.Config, stops []gate.Stop) (string, error) {
	text, err := json.Marshal(struct {
		Config gate.Config
		Stops  []gate.Stop
	}{config, stops})
	if err != nil {
		return "", fmt.Errorf("the configuration in force: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// sayLooked says what a change meets where it is made.
func (a *app) sayLooked(l *looked) {
	if l == nil {
		return
	}
	a.say("  there now, as looked at %s: %s, %s", stamp(l.Began), counted(l.Total.Findings, "open finding"),
		counted(l.Total.Work, "resource"))
	a.sayCounts(l.Total, 0)
	if l.Total.Work == 0 {
		return
	}
	a.sayReasons(l.Controls, l.Reasons)
	a.sayScores(l.Scores, l.LeftOut)
	a.say("")
}
