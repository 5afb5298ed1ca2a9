package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/assess"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/backfill"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

const (
	// backfilledFor is how long a backfill is gone on with; the engine looks up by then what it is told.
	backfilledFor = 24 * time.Hour
	// untilInForce is how long after a push a message is handed out: before, the function may go by the old one.
	untilInForce = wire.ConfigAge + 5*time.Second
)

// backfillReport is what was sent through the queue, or would be, as programs get it.
type backfillReport struct {
	Event    string           `json:"event"` // what the ids of its events begin with
	Open     int              `json:"open"`
	Sent     int              `json:"sent"`
	Settled  int              `json:"settled"`
	Severity []backfill.Count `json:"by_severity"`
	Left     []backfill.Left  `json:"left"`
	Follow   string           `json:"follow"` // the command that tells what becomes of it
}

// sending is a backfill of a change.
type sending struct {
	*backfill.Backfill
	about  string // control, standard or pattern
	stored time.Time
}

// listed lists what a backfill of a change would send.
func (a *app) listed(h hub, e *configEdit, about string, x extent) (*sending, error) {
	if err := a.asFunction(h); err != nil {
		return nil, err
	}
	s := &sending{about: about}
	pace := assess.NewPace(a.now, a.sleep)
	s.Backfill = &backfill.Backfill{
		Pages: func(ctx context.Context, each func([]finding.Raw) error) error { return h.open(ctx, pace, x, each) },
		Look: func(ctx context.Context, keys []finding.Key) ([]finding.Raw, error) {
			return h.byKeys(ctx, pace, keys)
		},
		Judge: a.judging(h, e, x),
		Queue: func(ctx context.Context, batch []backfill.Message) ([]int, error) {
			return h.report(ctx, batch, untilInForce-a.now().Sub(s.stored))
		},
		Hub: a.at.account, Region: h.cfg.Region, Now: a.now, Said: func(backfill.Progress) {},
	}
	folder, err := cacheFolder("backfill")
	if err != nil {
		return nil, err
	}
	text, _ := json.Marshal([]any{x.controls, x.where, x.off, a.at.table}) // texts, which JSON always has
	sum := sha256.Sum256(text)
	head := backfill.Head{ID: run.NewID(a.now()), About: hex.EncodeToString(sum[:]), Began: a.now()}
	path := filepath.Join(folder, a.at.account+"-"+a.at.region+"-"+head.About[:8]+".jsonl")
	if s.Journal, err = backfill.Open(path, head, a.now().Add(-backfilledFor)); err != nil {
		return nil, err
	}
	if now := s.Journal.Summary(); s.Journal.Resumed {
		a.warn("going on with the backfill of %s: %d of %d findings are sent",
			s.Journal.Head.Began.UTC().Format("2006-01-02 15:04 UTC"), now.Sent+now.Settled, now.Open)
	}
	done := a.sendingProgress(s)
	err = s.List(a.ctx)
	done()
	if err != nil {
		return nil, errors.Join(err, s.Journal.Close())
	}
	return s, nil
}

// judging says beforehand of a finding what the gate would under a change, as far as it needs no further look.
func (a *app) judging(h hub, e *configEdit, x extent) func(finding.Raw) backfill.Judgement {
	to, placed := e.step(nil, nil).to, a.placed(h)
	to.over.Stops = e.stored.Stops
	return func(raw finding.Raw) backfill.Judgement {
		f, err := finding.Identify(raw, a.names.standards)
		if err != nil { // of a control that is asked about, if it is to be believed in that
			claims := slices.Contains(x.controls, raw.Compliance.SecurityControlID)
			return backfill.Judgement{About: claims, Left: "The finding contradicts itself."}
		}
		if !slices.Contains(x.controls, f.Control) {
			return backfill.Judgement{}
		}
		c, ok := a.names.playbookIn(e.next, f.Control)
		if !ok || finding.CheckResource(f, c.Resources, c.Pattern) != nil {
			return backfill.Judgement{About: true, Left: "The playbook does not work on a resource of this type and form."}
		}
		there := f
		there.Workflow = finding.New // whatever was answered, it is there
		if !a.there(e, x, c, there, placed) {
			return backfill.Judgement{}
		}
		d := a.decide(to, c, f)
		if verdictRank(d.Verdict) > 0 || lookedUp(d) {
			return backfill.Judgement{About: true}
		}
		return backfill.Judgement{About: true, Left: d.Reason.Sentence()}
	}
}

// open hands out what is open and fails of controls of Security Hub's own, a page at a time.
func (h hub) open(ctx context.Context, pace assess.Pace, x extent, each func([]finding.Raw) error) error {
	of := slices.Collect(slices.Chunk(accountsOf(x.where), perFilter))
	if len(of) == 0 {
		of = [][]string{nil}
	}
	for products := range ownProducts(h.regions()) {
		for _, accounts := range of {
			for controls := range slices.Chunk(x.controls, perFilter) {
				filters := types.AwsSecurityFindingFilters{
					ProductArn: products, AwsAccountId: equal(accounts...),
					ComplianceSecurityControlId: equal(controls...), RecordState: equal(finding.Active),
					ComplianceStatus: equal(finding.Failed, finding.Warning),
					WorkflowStatus:   equal(finding.New, finding.Notified),
				}
				if err := h.rawPages(ctx, pace.Wait, filters, each); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// byKeys are findings as they are now.
func (h hub) byKeys(ctx context.Context, pace assess.Pace, keys []finding.Key) (out []finding.Raw, err error) {
	var ids, products []string
	for _, key := range keys {
		ids = append(ids, key.ID)
		if !slices.Contains(products, key.ProductArn) {
			products = append(products, key.ProductArn)
		}
	}
	filters := types.AwsSecurityFindingFilters{Id: equal(ids...), ProductArn: equal(products...)}
	err = h.rawPages(ctx, pace.Wait, filters, func(page []finding.Raw) error {
		out = append(out, page...)
		return nil
	})
	return out, err
}

// report puts events into the queue of imported findings. SQS hands them out once the configuration is in force.
func (h hub) report(ctx context.Context, batch []backfill.Message, after time.Duration) (sent []int, err error) {
	in := &sqs.SendMessageBatchInput{QueueUrl: aws.String(h.settings.BulkQueueURL)}
	for i, m := range batch {
		in.Entries = append(in.Entries, sqstypes.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(m.Body),
			DelaySeconds: int32(max(0, after.Round(time.Second)) / time.Second), //nolint:gosec // half a minute
		})
	}
	out, err := sqs.NewFromConfig(h.cfg).SendMessageBatch(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("put findings into the queue: %w", err)
	}
	for _, one := range out.Successful {
		n, err := strconv.Atoi(aws.ToString(one.Id))
		if err != nil || n < 0 || n >= len(batch) {
			return sent, fault.New(fault.Unknown, "the queue took a message that was not sent")
		}
		sent = append(sent, n)
	}
	if len(out.Failed) > 0 {
		err = fault.New(fault.Retry, "the queue did not take %s: %s", counted(len(out.Failed), "finding"),
			plain.Short(aws.ToString(out.Failed[0].Message), maxSentence))
	}
	return sent, err
}

// sendingProgress shows how far a backfill is.
func (a *app) sendingProgress(s *sending) (done func()) {
	var at atomic.Pointer[backfill.Progress]
	at.Store(&backfill.Progress{})
	s.Said = func(p backfill.Progress) { at.Store(&p) }
	return a.progressOf(func() string {
		p := at.Load()
		if p.Of == 0 {
			return fmt.Sprintf("Listing what is open: %s", counted(p.Listed, "finding"))
		}
		return fmt.Sprintf("Sending findings: %d of %d", p.Sent, p.Of)
	})
}

// send sends what is listed; whoever asked for it is noted before.
func (a *app) send(h hub, s *sending) error {
	now := s.Journal.Summary()
	if now.Open == now.Sent+now.Settled {
		return nil
	}
	reason := fmt.Sprintf("backfill of %s, events backfill-%s", counted(now.Open, "finding"), s.Journal.Head.ID)
	if err := a.proven(h, audit.Line{Control: s.about, Reason: reason}); err != nil {
		return err
	}
	done := a.sendingProgress(s)
	err := s.Send(a.ctx)
	done()
	if err != nil {
		return fault.New(fault.Of(err), "%w; what was sent is kept: salve enable %s --backfill --yes goes on there", err,
			s.about)
	}
	return nil
}

// close lets others have the journal of what was not sent.
func (s *sending) close() {
	if s != nil {
		_ = s.Journal.Close() // it has nothing that counts
	}
}

// done is what there is to report of a backfill; nil for none.
func (s *sending) done() *backfillReport {
	if s == nil {
		return nil
	}
	now := s.Journal.Summary()
	follow := "salve history --since 1h"
	if !strings.HasPrefix(s.about, gate.StandardPrefix) {
		follow += " --control " + s.about
	}
	return &backfillReport{
		Event: "backfill-" + s.Journal.Head.ID, Open: now.Open, Sent: now.Sent, Settled: now.Settled,
		Severity: now.Severity, Left: now.Left, Follow: follow,
	}
}

// sayBackfill says what was sent, or would be.
func (a *app) sayBackfill(r *backfillReport) {
	if r == nil {
		return
	}
	var per []string
	for _, c := range r.Severity {
		label := c.Severity
		if label == "" {
			label = "without a severity"
		}
		per = append(per, thousands(c.Findings)+" "+label)
	}
	parts := ""
	if len(per) > 0 {
		parts = ": " + strings.Join(per, ", ")
	}
	switch {
	case r.Sent == 0 && r.Settled < r.Open:
		a.say("  backfill: %s would be sent, the gravest and oldest first%s", counted(r.Open, "open finding"), parts)
	case r.Open == 0:
		a.say("  backfill: there is nothing open to send")
	default:
		a.say("  backfill: %s of %s sent, the gravest and oldest first%s", thousands(r.Sent),
			counted(r.Open, "open finding"), parts)
		if r.Settled > 0 {
			a.say("    %s not sent: Security Hub says something else by now", thousands(r.Settled))
		}
		a.say("    gate, limits and windows decide on each; what has to wait waits in the table: %s, and --open", r.Follow)
	}
	for _, l := range r.Left {
		a.say("    %s left: %s", thousands(l.Findings), l.Because)
	}
}

// backfilled offers a backfill once a change is made, or does what was asked for. What comes of it is told by say; the
// error is told after it.
func (a *app) backfilled(
	h hub, e *configEdit, s *sending, offer bool, about string, x extent,
) (*backfillReport, error) {
	var err error
	if s == nil {
		if !offer {
			return nil, nil
		}
		if s, err = a.listed(h, e, about, x); err != nil {
			return nil, err
		}
		if s.Journal.Summary().Open == 0 {
			return s.done(), s.Journal.Close()
		}
		meant := func() { a.sayBackfill(s.done()) }
		if _, agreed := a.asks(meant, "Send them now?"); !agreed {
			return s.done(), s.Journal.Close()
		}
	}
	s.stored = a.now()
	err = a.send(h, s)
	out := s.done()
	return out, errors.Join(err, s.Journal.Close())
}
