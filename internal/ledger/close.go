package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// perTransaction is how many items DynamoDB takes in one transaction. Source: API
// reference of TransactWriteItems.
const perTransaction = 100

// bytesTogether keeps well below the 4 MB that DynamoDB takes in one transaction,
// old and new images of indexes not counted.
const bytesTogether = 2 << 20

// Close ends runs whose findings are all synced and frees their resources,
// as many as fit in one transaction at a time. It returns the runs it could not
// close, with run.ErrGrew, run.ErrLost or the conflict that did not end. A run with a
// time to tell stays in the index until Told.
func (l Ledger) Close(ctx context.Context, runs []*run.Run) (map[string]error, error) {
	failed := map[string]error{}
	for len(runs) > 0 {
		n, err := together(runs)
		if err != nil {
			return failed, err
		}
		if err := l.closeTogether(ctx, runs[:n], failed); err != nil {
			return failed, err
		}
		runs = runs[n:]
	}
	return failed, nil
}

// together is how many of the runs, from the first, fit into one transaction: the
// run, its work and its locks each.
func together(runs []*run.Run) (int, error) {
	items, bytes := 0, 0
	for n, r := range runs {
		size, err := r.Weight()
		if err != nil {
			return 0, err
		}
		items, bytes = items+2+len(r.Locks), bytes+size
		if items > perTransaction || bytes > bytesTogether {
			return max(n, 1), nil
		}
	}
	return len(runs), nil
}

func (l Ledger) closeTogether(ctx context.Context, runs []*run.Run, out map[string]error) error {
	var items []types.TransactWriteItem
	for _, r := range runs {
		own, err := l.closeItems(r)
		if err != nil {
			return err
		}
		items = append(items, own...)
	}
	refused, err := l.transact(ctx, items)
	switch {
	case err != nil && !inConflict(err):
		return fmt.Errorf("close %s: %w", plain.Count(len(runs), "run"), err)
	case err == nil && refused == nil:
		return nil
	case len(runs) > 1:
		// One that cannot be closed must not keep the others open.
		for _, r := range runs {
			if err := l.closeTogether(ctx, []*run.Run{r}, out); err != nil {
				return err
			}
		}
		return nil
	case err != nil:
		out[runs[0].ID] = fmt.Errorf("close run %s: %w", runs[0].ID, err)
		return nil
	}
	why, err := l.whyOpen(ctx, runs[0])
	if why != nil {
		out[runs[0].ID] = why
	}
	return err
}

func (l Ledger) whyOpen(ctx context.Context, r *run.Run) (why, err error) {
	now, err := l.Get(ctx, r.ID)
	switch {
	case err != nil:
		return nil, err
	case now.State == run.StateClosed:
		return nil, nil // the answer to our own transaction was lost
	case now.Owner == r.Owner && r.Grow(now):
		return run.ErrGrew, nil
	}
	return run.ErrLost, nil
}

func (l Ledger) closeItems(r *run.Run) ([]types.TransactWriteItem, error) {
	closed := *r
	closed.State = run.StateClosed
	doc, _, err := encode(&closed)
	if err != nil {
		return nil, err
	}
	e := edit{
		set:   []string{"doc = :doc", "#state = :state", "expires_at = :until"},
		names: map[string]string{"#state": "state", "#owner": "owner"},
		values: values{
			":doc": doc, ":state": text(string(run.StateClosed)), ":owner": text(r.Owner),
			":n": number(int64(len(r.Findings))), ":until": number(r.Finished.Add(keepFor).Unix()),
		},
	}
	condition := "#owner = :owner AND #state <> :state AND size(findings) = :n AND attribute_not_exists(asks)"
	if n := len(r.Asks); n > 0 {
		condition = "#owner = :owner AND #state <> :state AND size(findings) = :n AND size(asks) = :asks"
		e.values[":asks"] = number(int64(n))
	}
	if at, where := afterwards(r); where != "" {
		e.set = append(e.set, "due_shard = :shard", "due_at = :at")
		e.values[":shard"], e.values[":at"] = text(where), number(at.Unix())
	} else {
		e.remove = append(e.remove, names.DueShard, names.DueAt)
	}
	if !r.Confirm.IsZero() {
		e.set = append(e.set, "confirm_at = :confirm")
		e.values[":confirm"] = number(r.Confirm.Unix())
	}
	e.standing(r)
	return append([]types.TransactWriteItem{
		{Update: e.update(l, runItem(r.ID), condition)},
		{Update: l.closeWork(r)},
	}, l.freeLocks(r)...), nil
}

// closeWork notes on the work how its run ended.
func (l Ledger) closeWork(r *run.Run) *types.Update {
	e := edit{
		set: []string{"#open = :no"}, names: map[string]string{"#open": "open"},
		values: values{":no": truth(false), ":run": text(r.ID)},
	}
	var events []string
	for _, f := range r.Findings {
		events = append(events, f.Event)
	}
	if len(events) > 0 {
		slices.Sort(events)
		e.set = append(e.set, "events = :events")
		e.values[":events"] = &types.AttributeValueMemberSS{Value: slices.Compact(events)}
	}
	if r.Status == run.StatusVerified {
		// The times of the last three fixes, to see that something keeps undoing them.
		e.set = append(e.set, "last_fix = :run", "fix3 = if_not_exists(fix2, :never)",
			"fix2 = if_not_exists(fix1, :never)", "fix1 = :at")
		e.values[":never"], e.values[":at"] = number(0), number(r.Finished.Unix())
	}
	e.ended(r)
	if r.Changed() && r.Undoes == "" {
		// Who wrote what is to be taken back from the last to the first.
		e.set = append(e.set, "wrote = list_append(if_not_exists(wrote, :none), :wrote)")
		e.values[":none"] = &types.AttributeValueMemberL{}
		e.values[":wrote"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{text(r.ID)}}
	}
	if r.Hold != nil {
		e.set = append(e.set, "hold_until = :until", "hold_by = :by", "hold_reason = :why")
		e.values[":until"], e.values[":by"] = number(r.Hold.Until.Unix()), text(r.Hold.By)
		e.values[":why"] = text(r.Hold.Reason)
	}
	e.approval(r)
	return e.update(l, workItem(r.Key), "run_id = :run")
}

// approval lists work whose run ended with a plan for somebody to approve, until a
// run carries it out, finds nothing to do or says that it was answered otherwise. A later plan takes the place of an
// earlier one. Nobody waits for ever: see Lapsed.
func (e *edit) approval(r *run.Run) {
	switch {
	case e.lookAgain(r):
	case r.Status == run.StatusAwaitingApproval:
		e.set = append(e.set, "approval_shard = :waits", "approval_at = :since", "asked = :run",
			"#region = :region", "#actor = :actor")
		e.names["#region"], e.names["#actor"] = names.Region, names.Actor
		e.values[":waits"] = text(approvalShard(share(r.Key.String())))
		e.values[":since"] = text(r.Key.Account + "#" + r.Place())
		e.values[":region"], e.values[":actor"] = text(r.Region), text(r.Actor)
		if !r.Ends.IsZero() {
			e.set = append(e.set, "due_shard = :lapses", "due_at = :ends")
			e.values[":lapses"], e.values[":ends"] = text(lapseShard), number(r.Ends.Unix())
		}
	case r.Undoes == "" && (r.Status.Settles() || r.Reply != nil):
		e.remove = append(e.remove, names.ApprovalShard, names.ApprovalAt, names.Asked, names.DueShard, names.DueAt)
	}
}
