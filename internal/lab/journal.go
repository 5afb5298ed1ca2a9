package lab

import (
	"slices"
	"sync"
	"time"
)

// Entry is one call as the journal keeps it.
type Entry struct {
	Seq       int       `json:"seq"`
	Time      time.Time `json:"time"`
	Account   string    `json:"account"`             // of the caller
	Principal string    `json:"principal,omitempty"` // ARN of the root, user or session
	Region    string    `json:"region,omitempty"`
	Service   string    `json:"service"` // as signed
	Operation string    `json:"operation"`
	Action    string    `json:"action,omitempty"` // the IAM action it was authorised as
	Resource  string    `json:"resource,omitempty"`
	Status    int       `json:"status"`          // HTTP; 0 when the connection was cut
	Write     bool      `json:"write"`           // judged by the operation's name
	Fault     string    `json:"fault,omitempty"` // what was injected

	Took time.Duration `json:"took"` // inside the lab and its emulators, in nanoseconds
}

// maxEntries bounds the journal of a lab that runs for days; the older half goes when it is full.
const maxEntries = 200_000

// journal is every call since the start or the last clearing, in the order of their answers.
type journal struct {
	mu      sync.Mutex
	entries []Entry
	next    int
}

func newJournal() *journal { return &journal{next: 1} }

func (j *journal) add(e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Seq = j.next
	j.next++
	j.entries = append(j.entries, e)
	if len(j.entries) > maxEntries {
		j.entries = slices.Clone(j.entries[maxEntries/2:])
	}
}

// since returns the entries after a sequence number.
func (j *journal) since(seq int) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	found := []Entry{}
	for _, e := range j.entries {
		if e.Seq > seq {
			found = append(found, e)
		}
	}
	return found
}

// clear forgets the entries but goes on counting, so that a reader's position stays valid.
func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}

// Calls returns the calls after a sequence number; 0 returns all.
func (l *Lab) Calls(since int) []Entry { return l.journal.since(since) }

// ClearCalls empties the journal.
func (l *Lab) ClearCalls() { l.journal.clear() }
