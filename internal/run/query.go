package run

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Query says which runs of a history are wanted; zero fields match everything.
type Query struct {
	Accounts []string // any of them
	Control  string   // in any capitals; S3.* is each of S3
	Resource string
	Status   Status
	Actor    string
	Region   string
	Batch    string    // what the ids of the runs of one invocation begin with
	Prefix   string    // what ids begin with; Began says between which times they were created
	Since    time.Time // created then or later, to the millisecond
	Until    time.Time // created before, or within the same millisecond
	Before   string    // Next of the page before
	Limit    int       // runs a page; zero for all
}

// Page is a part of a history, the newest run first.
type Page struct {
	Runs []*Run
	// Skipped says which runs belong here and cannot be read, such as those of a
	// newer schema: a SchemaError each.
	Skipped []error
	Next    string // where the next page begins; "" on the last one
}

// Place is where a run stands in a history: by the time it was created, then by its id.
func (r *Run) Place() string { return Moment(r.Created) + "#" + r.ID }

// Moment is a time as places begin with it, in milliseconds. It comes before all
// places of that time.
func Moment(t time.Time) string { return fmt.Sprintf("%013d", max(0, t.UnixMilli())) }

// End is where the places end of runs created before Until. Places are known to the millisecond, so all runs of one
// that Until is within are wanted.
func (q Query) End() string { return Moment(q.Until.Add(time.Millisecond - time.Nanosecond)) }

// Matches tells whether the run is wanted.
func (q Query) Matches(r *Run) bool { return q.about(r) && q.by(r) && q.within(r.Place()) }

func (q Query) about(r *Run) bool {
	return (len(q.Accounts) == 0 || slices.Contains(q.Accounts, r.Key.Account)) &&
		(q.Control == "" || plain.Like(q.Control, r.Key.Control)) &&
		(q.Resource == "" || q.Resource == r.Key.Resource) &&
		(q.Region == "" || q.Region == r.Region)
}

func (q Query) by(r *Run) bool {
	return (q.Status == "" || q.Status == r.Status) &&
		(q.Actor == "" || q.Actor == r.Actor) &&
		strings.HasPrefix(r.ID, q.Prefix) &&
		(q.Batch == "" || strings.HasPrefix(r.ID, InBatchPrefix(q.Batch)))
}

func (q Query) within(place string) bool {
	return (q.Since.IsZero() || place >= Moment(q.Since)) &&
		(q.Until.IsZero() || place < q.End()) &&
		(q.Before == "" || place < q.Before)
}

// Settles tells that after a run of that end nothing is left to carry out of what
// an earlier run asked for.
func (s Status) Settles() bool {
	return s == StatusVerified || s == StatusCompliant || s == StatusGone
}
