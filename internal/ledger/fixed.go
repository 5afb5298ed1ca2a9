package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// fixedShard is of work that is met, and is looked at again once it is due.
const fixedShard = "fixed"

// Fixed returns work that is due for another look, at most limit. Each is given to one caller, and due again at until,
// should that one die.
func (l Ledger) Fixed(ctx context.Context, now, until time.Time, limit int32) ([]run.Fixed, error) {
	all, err := l.take(ctx, fixedShard, now, until, limit, "what is to be looked at again")
	var out []run.Fixed
	for _, t := range all {
		out = append(out, fixedOf(t, until, now))
	}
	return out, err
}

func fixedOf(t taken, until, now time.Time) run.Fixed {
	item := t.item
	f := run.Fixed{
		Fix: stringOf(item["last_fix"]), Last: stringOf(item["run_id"]), Recurrences: int(secondsOf(item["recurrences"])),
		Was: time.Unix(t.was, 0).UTC(), Due: until,
		Held: secondsOf(item["hold_until"]) > now.Unix(),
	}
	if open, is := item["open"].(*types.AttributeValueMemberBOOL); is {
		f.Open = open.Value
	}
	key := strings.SplitN(strings.TrimPrefix(stringOf(item["pk"]), workPrefix), "#", 4)
	if len(key) == 4 {
		f.Key = run.Key{Account: key[0], Scope: key[1], Control: key[2], Resource: key[3]}
	}
	return f
}

// looked is what a caller of Fixed may write on the item that it was given, as long as no run has ended since.
func (l Ledger) looked(f run.Fixed, expression string, v values) *types.Update {
	v[":shard"], v[":due"], v[":fix"] = text(fixedShard), number(f.Due.Unix()), text(f.Fix)
	condition := "due_shard = :shard AND due_at = :due AND last_fix = :fix"
	if f.Fix == "" {
		condition = "due_shard = :shard AND due_at = :due AND attribute_not_exists(last_fix)"
		delete(v, ":fix")
	}
	return &types.Update{
		TableName: &l.Table, Key: workItem(f.Key), UpdateExpression: &expression, ConditionExpression: &condition,
		ExpressionAttributeValues: v,
	}
}

// Stays notes that a piece of work is to be looked at again at next; never where that is zero.
func (l Ledger) Stays(ctx context.Context, f run.Fixed, next time.Time) error {
	change := l.looked(f, "REMOVE due_shard, due_at", values{})
	if !next.IsZero() {
		change = l.looked(f, "SET due_at = :next", values{":next": number(next.Unix())})
	}
	_, err := l.update(ctx, alone(change))
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("store when %s is looked at again: %w", f.Key, err)
	}
	return nil
}

// Recurs notes on a fix that it is undone, and that people are to be told at tell. It is not looked at again before a
// run fixes it. False means that a run has ended since, or the fix is not kept any more: nothing was noted then.
func (l Ledger) Recurs(ctx context.Context, f run.Fixed, r run.Recurrence, tell time.Time) (bool, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return false, fmt.Errorf("encode what was found of run %s: %w", f.Fix, err)
	}
	work := l.looked(f, "REMOVE due_shard, due_at ADD recurrences :one", values{":one": number(1)})
	failed, err := l.transact(ctx, []types.TransactWriteItem{{Update: work}, {Update: &types.Update{
		TableName: &l.Table, Key: runItem(f.Fix),
		UpdateExpression:         aws.String("SET recurrence = :found, due_shard = :tell, due_at = :at"),
		ConditionExpression:      aws.String("#state = :closed"),
		ExpressionAttributeNames: map[string]string{"#state": "state"},
		ExpressionAttributeValues: values{
			":found": text(string(raw)), ":tell": text(tellShard), ":at": number(tell.Unix()),
			":closed": text(string(run.StateClosed)),
		},
	}}})
	if err != nil {
		return false, fmt.Errorf("note that the fix of run %s is undone: %w", f.Fix, err)
	}
	return failed == nil, nil
}

// lookAgain files work that is met to be looked at again: at a time of its own, a week after it was read. It takes the
// place of a plan that waited for approval.
func (e *edit) lookAgain(r *run.Run) bool {
	if r.Undoes != "" || r.Key.Reads || r.Status != run.StatusVerified && r.Status != run.StatusCompliant {
		return false
	}
	e.set = append(e.set, "due_shard = :again", "due_at = :look")
	e.values[":again"], e.values[":look"] = text(fixedShard), number(r.Finished.Add(run.LookAgain).Unix())
	e.remove = append(e.remove, names.ApprovalShard, names.ApprovalAt, names.Asked)
	return true
}
