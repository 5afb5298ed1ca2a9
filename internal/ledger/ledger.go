// Package ledger keeps runs, claims, holds and the configuration in one
// DynamoDB table.
//
// Items, by partition key:
//
//	run#<id>      a run: its document, its findings, who asked for it, owner, lease, due time
//	work#<key>    the last run of a piece of work, whether it is open, its last fixes,
//	              the runs that wrote, a plan that waits for approval, and any hold
//	lock#<root>   the run that may write to a resource root now; a run has several or one
//	config        the configuration document, its version, stops, and what is disabled by hand; in the same
//	              partition, version#<n>, the documents that were pushed, and
//	              exception#<id>, exceptions that were made by hand, and chart, the organization as it was read
//	seal          the key of the marks that stand for secrets
//	account#<id>  an account without the role, which runs wait for
//	once#<key>    something that is done once until it expires
//	tally#<key>   how often something happened in an hour
//	evaluate#<account>#<region>  what AWS Config is to be asked to evaluate again there
//	receipt#<id>  what became of an answer to a plan, by the id of its message
//
// Every open run has a due time in the sparse index "due", so a run whose
// process died is found by the next sweep. Histories are read from the indexes
// that names.Indexes lists; nothing reads the table as a whole.
package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// Ledger is the table. It is safe for concurrent use.
type Ledger struct {
	DB    *dynamodb.Client
	Table string
	// Pause waits before what the table was too busy for is tried again; nil waits in real time.
	Pause func(ctx context.Context, d time.Duration) error
}

const (
	runPrefix    = "run#"
	workPrefix   = "work#"
	tellShard    = "tell"
	confirmShard = "confirm"
	lapseShard   = "lapse"              // of work whose plan waits for approval
	keepFor      = 400 * 24 * time.Hour // closed runs, a year and a month of audits
)

type values = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func truth(b bool) types.AttributeValue  { return &types.AttributeValueMemberBOOL{Value: b} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func runItem(id string) values { return values{"pk": text(runPrefix + id), "sk": text("run")} }
func workItem(k run.Key) values {
	return values{"pk": text(workPrefix + k.String()), "sk": text("work")}
}
func lockItem(lock string) values { return values{"pk": text("lock#" + lock), "sk": text("lock")} }
func stringOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func secondsOf(v types.AttributeValue) int64 {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0
	}
	return i
}

// Get returns a run with its findings, run.ErrNotFound if there is none.
func (l Ledger) Get(ctx context.Context, id string) (*run.Run, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: runItem(id), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", id, err)
	}
	if out.Item == nil {
		return nil, fmt.Errorf("run %s: %w", id, run.ErrNotFound)
	}
	return decode(out.Item)
}

func decode(item values) (*run.Run, error) {
	var r run.Run
	err := json.Unmarshal([]byte(stringOf(item["doc"])), &r)
	if r.Schema > run.Schema { // whatever else is in it may have another form by then
		return nil, &run.SchemaError{Item: stringOf(item["pk"]), Version: r.Schema}
	}
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", stringOf(item["pk"]), err)
	}
	r.Findings = map[finding.Key]run.Finding{}
	if m, ok := item["findings"].(*types.AttributeValueMemberM); !ok && item["findings"] != nil {
		return nil, fmt.Errorf("decode %s: its findings cannot be read", stringOf(item["pk"]))
	} else if ok {
		for _, v := range m.Value {
			var f run.Finding
			if err := json.Unmarshal([]byte(stringOf(v)), &f); err != nil {
				return nil, fmt.Errorf("decode finding of %s: %w", r.ID, err)
			}
			r.Findings[f.Key] = f
		}
	}
	asks, err := decodeAsks(item)
	if err != nil {
		return nil, err
	}
	r.Asks = asks
	r.Raise(asks)
	if err := attributes(&r, item); err != nil {
		return nil, fmt.Errorf("decode %w", err)
	}
	return &r, nil
}

// attributes fills in what is written beside the document: what conditions are
// checked on, and what becomes known of a run after its end.
func attributes(r *run.Run, item values) error {
	f := fields{item: item}
	r.Owner = f.text("owner")
	r.Lease = time.Unix(f.seconds("lease"), 0).UTC()
	if due := f.seconds("due_at"); r.State != run.StateClosed && due != r.Due.Unix() {
		r.Due = time.Unix(due, 0).UTC() // put off while its resource was busy, or released
	}
	if by := f.text("undone_by"); by != "" {
		r.UndoneBy = by
	}
	if err := answersIn(r, f.texts(answersField)); err != nil {
		return err
	}
	if said := f.text("confirmed"); said != "" {
		r.Confirmed = run.Confirmed(said)
	}
	if found := f.text("recurrence"); found != "" {
		r.Recurrence = &run.Recurrence{}
		if err := json.Unmarshal([]byte(found), r.Recurrence); err != nil {
			return fmt.Errorf("what was found of run %s: %w", r.ID, err)
		}
	}
	if r.State == run.StateClosed && !r.Confirm.IsZero() {
		r.Confirm = time.Time{} // the document knows only the first time
		if at := f.seconds("confirm_at"); at > 0 {
			r.Confirm = time.Unix(at, 0).UTC()
		}
	}
	return f.err()
}

func encode(r *run.Run) (doc, findings types.AttributeValue, err error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, nil, fmt.Errorf("encode run %s: %w", r.ID, err)
	}
	m := values{}
	for key, f := range r.Findings {
		one, err := json.Marshal(f)
		if err != nil {
			return nil, nil, fmt.Errorf("encode finding of run %s: %w", r.ID, err)
		}
		m[key.String()] = text(string(one))
	}
	return text(string(raw)), &types.AttributeValueMemberM{Value: m}, nil
}
