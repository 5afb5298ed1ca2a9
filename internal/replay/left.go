package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/rehearse"
	"github.com/salve-security/salve/internal/run"
)

// Open is a finding that is open and fails, with what became of it and what the gate would say if it were reported now.
type Open struct {
	Finding  string           `json:"finding"`
	Control  string           `json:"control,omitempty"` // absent where the finding is not believed
	Severity string           `json:"severity,omitempty"`
	Account  string           `json:"account"`
	Region   string           `json:"region"`
	Resource string           `json:"resource"`
	Workflow string           `json:"workflow"`
	Run      string           `json:"run_id,omitempty"` // the last run since then that did not fix it
	Status   run.Status       `json:"status,omitempty"` // of that run
	Then     string           `json:"then"`             // why nothing came of it
	Verdict  rehearse.Verdict `json:"verdict"`
	Reason   string           `json:"reason"`
	Because  string           `json:"because"`
	State    State            `json:"state"`
	Became   string           `json:"became,omitempty"`

	raw   finding.Raw
	event finding.Event
	key   finding.Key
}

// Further states of a finding.
const (
	AtWork    State = "open"    // a run is at work, or waits: it goes on by itself
	LeftAlone State = "refused" // the gate lets nothing happen, or people are done with it
)

// Runs reads a page of a history. internal/ledger implements it.
type Runs func(ctx context.Context, q run.Query) (run.Page, error)

// Findings hands out the findings that are open and fail, a page at a time.
type Findings func(ctx context.Context, each func([]finding.Raw) error) error

// Judge is what findings go through. internal/engine has it.
type Judge interface {
	Weigh(ctx context.Context, event finding.Event, raw finding.Raw) (work.Weighed, error)
}

// Left are the findings that were refused, deferred or left alone since some time.
type Left struct {
	Findings    Findings
	Runs        Runs
	Waiting     Runs // those that are open
	Engine      Judge
	Look        run.Look
	Handle      Handle
	Prove       func(ctx context.Context, f Open) error
	Standards   finding.Standards
	Hub, Region string
	Now         func() time.Time
	Query       run.Query // accounts, control and since when

	past map[run.Key]past
}

// past is the last run of a piece of work that did not fix it.
type past struct {
	id, reason string
	status     run.Status
	created    time.Time
	open       bool
}

// unfixed are how runs end that leave a finding open and may be tried again.
func unfixed() []run.Status {
	return []run.Status{
		run.StatusRefused, run.StatusDenied, run.StatusFailed, run.StatusUnverified, run.StatusDeferred, run.StatusPlanned,
	}
}

// Plan tells of each finding what would become of it. It changes nothing.
func (l *Left) Plan(ctx context.Context, each func(Open) error) error {
	return l.pages(ctx, func(page []Open) error {
		for _, f := range page {
			if err := each(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// perBatch is how many findings the engine gets at once, as an invocation of the function does.
const perBatch = 10

// Carry takes each finding through the gates as if it had just been reported. Killed at any point it has done nothing
// twice: work is claimed, and what was fixed meanwhile is no longer listed.
func (l *Left) Carry(ctx context.Context, each func(Open) error) error {
	return l.pages(ctx, func(page []Open) error {
		for batch := range slices.Chunk(page, perBatch) {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("interrupted: %w", err)
			}
			err := l.carry(ctx, batch)
			for _, f := range batch {
				err = errors.Join(err, each(f))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// pages weighs all findings, a page at a time.
func (l *Left) pages(ctx context.Context, each func([]Open) error) error {
	if err := l.remember(ctx); err != nil {
		return err
	}
	return l.Findings(ctx, func(page []finding.Raw) error {
		var list []Open
		for _, raw := range page {
			f, wanted, err := l.weigh(ctx, raw)
			if err != nil {
				return err
			}
			if wanted {
				list = append(list, f)
			}
		}
		return each(list)
	})
}

// remember reads the last run of each piece of work, as far as it did not fix it.
func (l *Left) remember(ctx context.Context) error {
	l.past = map[run.Key]past{}
	for _, status := range append(unfixed(), run.StatusAwaitingApproval) {
		q := l.Query
		q.Status = status
		if err := l.read(ctx, l.Runs, q, false); err != nil {
			return err
		}
	}
	q := l.Query
	q.Since = time.Time{} // however long ago they began
	return l.read(ctx, l.Waiting, q, true)
}

func (l *Left) read(ctx context.Context, runs Runs, q run.Query, open bool) error {
	const perPage = 500
	if q.Limit = perPage; open {
		q.Limit = 0 // what waits has one page
	}
	for {
		page, err := runs(ctx, q)
		if err != nil {
			return fmt.Errorf("read what became of findings: %w", err)
		}
		for _, r := range page.Runs {
			before, known := l.past[r.Key.Work()]
			if r.Undoes != "" || known && !open && before.created.After(r.Created) {
				continue
			}
			l.past[r.Key.Work()] = past{
				id: r.ID, reason: plain.Short(r.Reason, longest), status: r.Status, created: r.Created,
				open: r.State != run.StateClosed,
			}
		}
		if q.Before = page.Next; page.Next == "" {
			return nil
		}
	}
}

// weigh says what would become of a finding if it were reported now; false for one that was not asked for.
func (l *Left) weigh(ctx context.Context, raw finding.Raw) (Open, bool, error) {
	f := Open{
		Finding: raw.ID, Severity: raw.Severity.Label, Account: raw.AwsAccountID, Region: raw.Region,
		Workflow: raw.Workflow.Status, State: LeftAlone, raw: raw, key: finding.Key{
			API: finding.ASFF, ID: raw.ID, ProductArn: raw.ProductArn, Account: raw.AwsAccountID,
		},
		event: finding.Event{Kind: finding.Imported, Account: l.Hub, Region: l.Region, Time: l.Now()},
	}
	if len(raw.Resources) > 0 {
		f.Resource = raw.Resources[0].ID
	}
	known, err := finding.Identify(raw, l.Standards)
	if err == nil {
		f.Control = known.Control
		if l.Query.Control != "" && !plain.Like(l.Query.Control, known.Control) {
			return f, false, nil
		}
		l.recall(&f, known)
	}
	weighed, err := l.Engine.Weigh(ctx, f.event, f.raw)
	var forged *finding.Identity
	switch {
	case errors.As(err, &forged):
		f.Verdict, f.Reason = rehearse.Refuse, string(forged.Reason)
		f.Because = "Salve does not act on this finding: " + plain.Short(forged.Error(), longest) + "."
	case err != nil:
		return f, true, fmt.Errorf("ask the gate about %s: %w", raw.ID, err)
	default:
		f.Verdict, f.Reason, f.Because = rehearse.Say(weighed)
	}
	f.Then = cmp.Or(f.Then, "nothing was done")
	told := f.Verdict == rehearse.Plan && f.Status == run.StatusPlanned // which tells nobody anything new
	if f.State != AtWork && !told && f.Verdict != rehearse.Refuse && f.Verdict != rehearse.Ignore {
		f.State = Waiting
	}
	return f, true, nil
}

// recall says what became of a finding. One that a run of Salve's has set to NOTIFIED counts as NEW, as it was
// reported. One that a person has set to it does not.
func (l *Left) recall(f *Open, known finding.Finding) {
	p, ran := l.past[run.Key{
		Account: known.Account, Scope: finding.Scope(known), Control: known.Control, Resource: known.Resource.ID,
	}]
	if !ran {
		return
	}
	f.Run, f.Status, f.Then = p.id, p.status, p.reason
	switch {
	case p.open:
		f.State, f.Then = AtWork, cmp.Or(p.reason, "a run is at work on it, or waits")
	case p.status == run.StatusAwaitingApproval:
		f.State, f.Then = AtWork, "its plan waits for a person"
	case f.Workflow == finding.Notified && f.raw.Note.UpdatedBy == names.UpdatedBy: // not what a button has noted
		f.raw.Workflow.Status = finding.New
	}
}

// carry takes a batch through the gates, as Security Hub has its findings by then.
func (l *Left) carry(ctx context.Context, batch []Open) error {
	messages, err := l.messages(ctx, batch)
	if err != nil || len(messages) == 0 {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, names.Budget)
	defer cancel()
	failed, lines := l.Handle(limited, messages)
	for i := range batch {
		f := &batch[i]
		switch {
		case f.State != Waiting:
		case slices.Contains(failed, f.message()):
			f.State, f.Became = Stays, "it could not be worked on: "+failure(lines)
		default:
			f.State, f.Became = Replayed, endOf(lines, func(k finding.Key) bool { return k == f.key })
		}
	}
	return nil
}

// message is the id of the message that reports the finding.
func (f Open) message() string { return f.Finding + " " + f.Account }

// messages are the events of those that are still as they were listed. Who asked for it is noted before.
func (l *Left) messages(ctx context.Context, batch []Open) (messages []engine.Message, err error) {
	var keys []finding.Key
	for _, f := range batch {
		if f.State == Waiting {
			keys = append(keys, f.key)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	views, err := l.Look(ctx, l.Region, keys)
	if err != nil {
		return nil, fmt.Errorf("look findings up: %w", err)
	}
	for i := range batch {
		f := &batch[i]
		if f.State != Waiting {
			continue
		}
		if v, there := views[f.key]; !there || !v.Active() || !v.Failing() || v.Workflow != f.Workflow {
			f.State, f.Became = LeftAlone, "Security Hub says something else by now"
			continue
		}
		if err := l.Prove(ctx, *f); err != nil {
			return nil, err
		}
		body, err := l.event(*f)
		if err != nil {
			return nil, err
		}
		messages = append(messages, engine.Message{ID: f.message(), Body: body})
	}
	return messages, nil
}

// event is the one that would report the finding now. It has an id of its own, so that it is not taken for one that
// was dealt with.
func (l *Left) event(f Open) (string, error) {
	now := l.Now()
	return Reported(f.raw, "replay-"+run.NewID(now), l.Hub, l.Region, now)
}

// Reported is the event that would report a finding at a time to a hub. Two events with one id are one to the engine.
func Reported(raw finding.Raw, id, hub, region string, now time.Time) (string, error) {
	text, err := json.Marshal(raw)
	if err != nil {
		return "", fault.New(fault.Invalid, "write the event of %s: %w", raw.ID, err)
	}
	return fmt.Sprintf(`{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","id":%q,`+
		`"account":%q,"region":%q,"time":%q,"detail":{"findings":[%s]}}`,
		id, hub, region, now.UTC().Format(time.RFC3339Nano), text), nil
}

// endOf is how the run of a finding stands, as the lines of its batch say.
func endOf(lines []audit.Line, about func(finding.Key) bool) string {
	told := nothing
	for _, line := range lines {
		switch {
		case !slices.ContainsFunc(line.Findings, about):
		case line.Status != "":
			told = line.Status
		case line.Event == audit.Refused:
			told = audit.Refused + ": " + line.Reason
		}
	}
	return told
}
