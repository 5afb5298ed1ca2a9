package ledger

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// shards is over how many partitions of an index runs of one kind are spread: a
// partition takes 1000 writes a second, and what is spread has to be read from all.
const shards = 4

// share is the shard that something with that name belongs to.
func share(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash never fails to write
	return int(h.Sum32() % shards)
}

func dueShard(i int) string      { return fmt.Sprintf("due#%d", i) }
func approvalShard(i int) string { return fmt.Sprintf("approval#%d", i) }

func dayShard(day time.Time, i int) string { return fmt.Sprintf("%s#%d", dayOf(day), i) }

func statusDay(s run.Status, day time.Time, i int) string {
	return fmt.Sprintf("%s#%s", s, dayShard(day, i))
}

func accountDay(account string, day time.Time) string { return account + "#" + dayOf(day) }

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// lasting are the attributes by which a run is found in histories and which stay
// as they are: its entry in an index is written once.
func lasting(r *run.Run) values {
	v := values{
		names.Began:      text(r.Place()),
		names.DayShard:   text(dayShard(r.Created, share(r.ID))),
		names.AccountDay: text(accountDay(r.Key.Account, r.Created)),
		names.Resource:   text(r.Key.Resource),
		names.Account:    text(r.Key.Account),
		names.Control:    text(strings.ToLower(r.Key.Control)),
		names.Region:     text(r.Region),
	}
	if batch := run.Batch(r.ID); batch != r.ID {
		v[names.Batch] = text(batch)
	}
	return v
}

// edit is an update of an item, clause by clause.
type edit struct {
	set, remove []string
	names       map[string]string
	values      values
}

// standing notes what may change in a run and is looked for in histories: who it
// is for and, once it has one, its status. Both are written with the document, so
// that who joins an open run is found from the next writing on.
func (e *edit) standing(r *run.Run) {
	e.set = append(e.set, "#actor = :actor")
	e.names["#actor"] = names.Actor
	e.values[":actor"] = text(r.Actor)
	if r.Under == "" {
		e.remove = append(e.remove, underField)
	} else {
		e.set = append(e.set, underField+" = :under")
		e.values[":under"] = text(r.Under)
	}
	if r.Status == "" {
		e.remove = append(e.remove, names.StatusDay)
		return
	}
	e.set = append(e.set, names.StatusDay+" = :status")
	e.values[":status"] = text(statusDay(r.Status, r.Created, share(r.ID)))
}

// expression is the update as DynamoDB reads it.
func (e *edit) expression() *string {
	var out string
	if len(e.set) > 0 {
		out = "SET " + strings.Join(e.set, ", ")
	}
	if len(e.remove) > 0 {
		out += " REMOVE " + strings.Join(e.remove, ", ")
	}
	return &out
}

// update is the edit of an item, under a condition.
func (e *edit) update(l Ledger, key values, condition string) *types.Update {
	return &types.Update{
		TableName: &l.Table, Key: key, UpdateExpression: e.expression(), ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}
}
