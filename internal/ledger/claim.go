package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

// Claim makes r the open run of its work and takes the locks of its resource
// roots, all of them or none, in one transaction. Where the work is open already, r's findings join
// the open run, or that run is taken over if its process has died. run.ErrLocks
// says that no run can have the locks of r.
func (l Ledger) Claim(ctx context.Context, r *run.Run, ask run.Terms) (run.Claim, error) {
	if err := r.SortLocks(); err != nil {
		return run.Claim{}, fmt.Errorf("claim %s: %w", r.Key, err)
	}
	for range 3 {
		claim, again, err := l.claimOnce(ctx, r, &ask)
		if err != nil || !again {
			return claim, err
		}
	}
	return run.Claim{}, fmt.Errorf("claim %s: the work changed hands three times: %w", r.Key, errContended)
}

// errContended is worth a retry later, which is what an unclassified error of a message gets.
var errContended = errors.New("contended")

func (l Ledger) claimOnce(ctx context.Context, r *run.Run, ask *run.Terms) (run.Claim, bool, error) {
	if ask.Start.After(ask.Now) {
		return l.wait(ctx, r, ask, run.Later)
	}
	r.Status, r.Reason = "", ""
	r.Lease, r.Due = ask.Now.Add(ask.Lease), ask.Now.Add(ask.Lease)
	failed, err := l.claim(ctx, r, *ask, true)
	if err != nil {
		return run.Claim{}, false, err
	}
	switch {
	case failed == nil:
		return run.Claim{Verdict: run.Claimed, Run: r}, false, nil
	case failed[work] != nil:
		return l.conflict(ctx, failed[work], r, ask)
	case failed[mine] != nil:
		return run.Claim{}, false, l.twice(r)
	}
	return l.wait(ctx, r, ask, run.Busy)
}

// twice says that work which is not ours has an id that is taken: the id was drawn twice.
func (l Ledger) twice(r *run.Run) error {
	return fmt.Errorf("claim %s: another run has the id %s: %w", r.Key, r.ID, errContended)
}

// wait opens the run without any lock: another run is writing to one of its
// resource roots, or its time has not come. The sweep comes back to this one.
func (l Ledger) wait(ctx context.Context, r *run.Run, ask *run.Terms, verdict run.Verdict) (run.Claim, bool, error) {
	r.Status, r.Reason = run.StatusDeferred, ""
	r.Lease, r.Due = run.LetGo(ask.Now), ask.Now.Add(ask.Retry)
	if verdict == run.Later {
		r.Reason, r.Due = ask.Why, ask.Start
	}
	failed, err := l.claim(ctx, r, *ask, false)
	switch {
	case err != nil:
		return run.Claim{}, false, err
	case failed == nil || stringOf(failed[work]["run_id"]) == r.ID:
		return run.Claim{Verdict: verdict, Run: r}, false, nil
	case failed[work] != nil:
		return l.conflict(ctx, failed[work], r, ask)
	}
	return run.Claim{}, false, l.twice(r)
}

// conflict decides what a claim means whose work exists already.
func (l Ledger) conflict(ctx context.Context, old values, r *run.Run, ask *run.Terms) (run.Claim, bool, error) {
	current := stringOf(old["run_id"])
	open, _ := old["open"].(*types.AttributeValueMemberBOOL)
	hold, held := holdIn(old, ask.Now)
	fix := fields{item: old}
	third := fix.seconds("fix3")
	switch {
	case current == r.ID:
		return run.Claim{Verdict: run.Claimed, Run: r}, false, nil
	case open != nil && open.Value:
		return l.meet(ctx, current, r, *ask)
	case hasEvent(old, ask.Event):
		return run.Claim{Verdict: run.Duplicate}, false, nil
	case !ask.IgnoreHold && held:
		return run.Claim{Verdict: run.Held, Hold: hold}, false, nil
	case ask.Thrice > 0 && (fix.err() != nil || third > ask.Now.Add(-ask.Thrice).Unix()):
		return l.holdOff(ctx, r.Key, *ask)
	}
	if until, why := coolIn(old, ask.Cool, ask.Now); why.Runs > 0 {
		return l.cool(ctx, r, ask, until, why)
	}
	return run.Claim{}, true, nil
}

// meet adds r's findings to the open run, and takes that run over if its lease
// has ended and it does not wait for anything. A run of a newer schema is left
// alone altogether.
func (l Ledger) meet(ctx context.Context, current string, r *run.Run, ask run.Terms) (run.Claim, bool, error) {
	open, err := l.opened(ctx, current, r.Key)
	if err != nil {
		return run.Claim{}, false, err
	}
	wish, asks, err := asksOf(r)
	if err != nil {
		return run.Claim{}, false, err
	}
	if claim, done, again, err := l.joinAll(ctx, open, r, asks); err != nil || !done {
		return claim, again, err
	}
	// The first person who asks does not wait; who asks again does.
	ask.Early = ask.Early || open.Stronger(wish)
	if open.Lease.After(ask.Now) || !ask.Early && open.Due.Unix() > ask.Now.Unix() {
		return run.Claim{Verdict: run.Joined, Run: open}, false, nil
	}
	taken, err := l.Take(ctx, current, r.Owner, ask)
	if errors.Is(err, run.ErrLost) || errors.Is(err, run.ErrNotFound) {
		return run.Claim{Verdict: run.Joined, Run: open}, false, nil
	}
	if err != nil {
		return run.Claim{}, false, err
	}
	return run.Claim{Verdict: run.Claimed, Run: taken}, false, nil
}

// opened is the open run of a piece of work.
func (l Ledger) opened(ctx context.Context, id string, k run.Key) (*run.Run, error) {
	open, err := l.Get(ctx, id)
	if errors.Is(err, run.ErrNotFound) { // what was stored together with the work is there, or was deleted by hand
		return nil, fmt.Errorf("claim %s: %w", k, &run.LeftError{Item: WorkItem(k), Run: id})
	}
	return open, err
}

// joinAll adds r's findings to the open run, and notes in it whether somebody is at it now: a process that has let it
// wait since it was read has not seen them. Not done where it has no room for one, or is not open any more, which is
// worth another look at the work.
func (l Ledger) joinAll(ctx context.Context, open, r *run.Run, asks []string) (
	claim run.Claim, done, again bool, err error,
) {
	for _, f := range r.Findings {
		if room, err := open.Room(f); err != nil || !room {
			return run.Claim{Verdict: run.Full, Run: open}, false, false, err
		}
		joined, err := l.join(ctx, open.ID, f, asks)
		if err != nil || joined == nil {
			return run.Claim{}, false, err == nil, err
		}
		open.Lease, open.Due = joined.Lease, joined.Due
	}
	return run.Claim{}, true, false, nil
}

func (l Ledger) claim(ctx context.Context, r *run.Run, ask run.Terms, withLocks bool) ([]values, error) {
	items, err := l.claimItems(r, ask, withLocks)
	if err != nil {
		return nil, err
	}
	failed, err := l.transact(ctx, items)
	if err != nil {
		return nil, fmt.Errorf("claim %s: %w", r.Key, err)
	}
	return failed, nil
}

// The places of the items in a claim's transaction.
const (
	work = iota
	mine
)

// claimItems are work, run and locks, in this order.
func (l Ledger) claimItems(r *run.Run, ask run.Terms, withLocks bool) ([]types.TransactWriteItem, error) {
	item, err := whole(r)
	if err != nil {
		return nil, err
	}
	condition := "attribute_not_exists(pk) OR (#open = :no AND NOT contains(events, :event)" +
		" AND (attribute_not_exists(hold_until) OR hold_until <= :now))"
	v := values{
		":yes": truth(true), ":no": truth(false), ":run": text(r.ID), ":event": text(ask.Event),
		":now": number(ask.Now.Unix()),
	}
	if ask.IgnoreHold {
		condition = "attribute_not_exists(pk) OR (#open = :no AND NOT contains(events, :event))"
		delete(v, ":now")
	}
	if ask.Thrice > 0 {
		condition = "(" + condition + ") AND (attribute_not_exists(fix3) OR fix3 <= :since)"
		v[":since"] = number(ask.Now.Add(-ask.Thrice).Unix())
	}
	if cooled := rested(ask.Cool, ask.Now, v); cooled != "" {
		condition = "(" + condition + ") AND " + cooled
	}
	items := []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: &l.Table, Key: workItem(r.Key),
			UpdateExpression:         aws.String("SET #open = :yes, run_id = :run"),
			ConditionExpression:      &condition,
			ExpressionAttributeNames: map[string]string{"#open": "open"}, ExpressionAttributeValues: v,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
		{Put: &types.Put{
			TableName: &l.Table, Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}},
	}
	if withLocks {
		items = append(items, l.putLocks(r)...)
	}
	return items, nil
}
