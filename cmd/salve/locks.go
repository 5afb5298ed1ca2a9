package main

import (
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

type locksCmd struct {
	List    locksList    `cmd:"" help:"List what runs keep from others: what open runs want, or all of one resource."`
	Release locksRelease `cmd:"" help:"Release what a run has that was deleted; without --yes it is only shown."`
}

type locksList struct {
	Control  word   `arg:"" optional:"" help:"The control, such as S3.8."`
	Resource string `arg:"" optional:"" help:"The resource as its findings name it, mostly an ARN."`
	Account  string `placeholder:"ID" help:"The member account the resource is in; default is its ARN's."`
	Region   string `placeholder:"REGION" help:"The resource's Region; default is its ARN's, else the hub's."`
}

// leftReport is what a run keeps from others, as programs get it.
type leftReport struct {
	Item  string      `json:"item"`
	Run   string      `json:"run_id"`
	Holds run.Holding `json:"holds"`
	Lease time.Time   `json:"lease,omitzero"`
	Free  bool        `json:"free"` // it may be released
}

func leftOf(l run.Left, now time.Time) leftReport {
	return leftReport{Item: l.Item, Run: l.Run, Holds: l.Holds, Lease: l.Lease.UTC(), Free: l.Free(now)}
}

// Run lists what runs have: that of one resource and control, or the locks that open runs want.
func (c *locksList) Run(a *app) error {
	t := target{Control: string(c.Control), Resource: c.Resource, Account: c.Account, Region: c.Region}
	if c.Control != "" {
		if err := t.check(a.names); err != nil {
			return err
		}
	}
	h, book, err := a.keeper()
	if err != nil {
		return err
	}
	items, err := a.wantedBy(book)
	if c.Control != "" {
		if t, err = a.found(h, t); err == nil {
			items, err = t.items(a.names, h)
		}
	}
	if err != nil {
		return err
	}
	list, err := book.Left(a.ctx, items...)
	if err != nil {
		return err
	}
	told := make([]leftReport, 0, len(list))
	for _, l := range list {
		told = append(told, leftOf(l, a.now()))
	}
	return a.data(told, func() { a.leftBehind(told) })
}

func (a *app) leftBehind(list []leftReport) {
	var rows []table.Row
	free := false
	for _, l := range list {
		free = free || l.Free
		rows = append(rows, table.Row{l.Item, l.Run, standing(l.Holds)})
	}
	a.table(table.Row{"item", "run", "the run"}, rows)
	if free {
		a.say("  what no run works on any more: salve locks release ITEM")
	}
}

// standing is how it stands with a run, for people.
func standing(h run.Holding) string {
	switch h {
	case run.HoldingOpen:
		return "is open"
	case run.HoldingClosed:
		return "has ended"
	case run.HoldingMissing:
		return "does not exist: somebody deleted it"
	case run.HoldingUnread:
		return "cannot be read by this version"
	}
	return string(h)
}

// keeper is the ledger with the rights of the function, which alone may release.
func (a *app) keeper() (hub, ledger.Ledger, error) {
	h, err := a.hub()
	if err != nil {
		return hub{}, ledger.Ledger{}, err
	}
	if err := a.asFunction(h); err != nil {
		return hub{}, ledger.Ledger{}, err
	}
	return h, wire.Ledger(h.cfg, h.settings), nil
}

// wantedBy are the locks that open runs have or wait for.
func (a *app) wantedBy(book ledger.Ledger) ([]string, error) {
	page, err := book.Open(a.ctx, run.Query{})
	if err != nil {
		return nil, err
	}
	for _, skipped := range page.Skipped {
		a.warn("left out: %s", sentence(skipped))
	}
	var items []string
	for _, r := range page.Runs {
		for _, lock := range r.Locks {
			items = append(items, ledger.LockItem(lock))
		}
	}
	slices.Sort(items)
	return slices.Compact(items), nil
}

// items are what a run of the control on the resource would need.
func (t target) items(names catalogue, h hub) ([]string, error) {
	req, err := t.request(names, h)
	if err != nil {
		return nil, err
	}
	roots := []string{req.Target.Resource} // of what a runbook of the configuration works on
	if c, ok := names.controls.Get(req.Control); ok {
		roots = c.LockKeys(req.Target, nil)
	}
	key := run.Key{Account: req.Target.Account, Scope: req.Scope, Control: req.Control, Resource: req.Target.Resource}
	shown := key // a plan that somebody clicked for
	shown.Reads = true
	items := []string{ledger.WorkItem(key), ledger.WorkItem(shown), ledger.LockItem(shown.String())}
	for _, root := range roots {
		items = append(items, ledger.LockItem(run.Lock(key, root)))
	}
	return items, nil
}

type locksRelease struct {
	Item string `arg:"" help:"The item as salve locks list prints it, beginning with lock# or work#."`
	Yes  bool   `help:"Really release it."`
}

// releaseReport is what became of an item that was to be released, as programs get it.
type releaseReport struct {
	leftReport
	Released bool `json:"released"`
}

// Run releases an item whose run is gone. The next run that wants it gets it.
func (c *locksRelease) Run(a *app) error {
	h, book, err := a.keeper()
	if err != nil {
		return err
	}
	list, err := book.Left(a.ctx, c.Item)
	if err != nil {
		return fault.Wrap(fault.Invalid, err)
	}
	if len(list) == 0 {
		return a.data(releaseReport{leftReport: leftReport{Item: c.Item}}, func() {
			a.say("%s: no run has it", c.Item)
		})
	}
	l := list[0]
	if !l.Free(a.now()) {
		return fault.New(fault.Refused, "run %s has %s and %s: nothing was released, see salve show %s",
			l.Run, l.Item, standing(l.Holds), l.Run)
	}
	told := releaseReport{leftReport: leftOf(l, a.now()), Released: c.Yes}
	if c.Yes {
		if err := a.release(h, book, l); err != nil {
			return err
		}
	}
	err = a.data(told, func() {
		a.say("%s was kept for run %s, which %s", l.Item, l.Run, standing(l.Holds))
		if c.Yes {
			a.say("  it is released: the next run that wants it gets it")
		} else {
			a.say("  nothing was released: add --yes")
		}
	})
	if err == nil && !c.Yes {
		return exit(exitPending)
	}
	return err
}

func (a *app) release(h hub, book ledger.Ledger, l run.Left) error {
	if err := a.proven(h, audit.Line{Run: l.Run, Resource: l.Item, Reason: "locks release"}); err != nil {
		return err
	}
	released, err := book.GiveBack(a.ctx, l, a.now())
	if err != nil {
		return err
	}
	if !released {
		return fault.New(fault.Refused, "%s is another run's by now: nothing was released", l.Item)
	}
	a.audit(h)(a.ctx, audit.Line{
		Time: a.now(), Event: audit.Released, Run: l.Run, Resource: l.Item, Trigger: string(run.TriggerOperator),
		Actor: h.actor, Reason: "the run " + standing(l.Holds),
	})
	return nil
}
