// Package backfill sends what is open through Salve's queue as if Security Hub reported it now, the gravest first. It
// decides nothing: gate, limits and windows do, for each finding, when its message is handled. What is to be sent and
// what was sent stands in a journal on disk, so that memory hardly grows with findings, and a process that died is
// gone on with.
package backfill

import (
	"context"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/finding"
)

// Bounds of one step: how many findings AWS looks up by their ids, and how many messages it takes at once.
const (
	perLook = 20
	perSend = 10
	// maxSend keeps the messages of a call below what a queue takes at once, 256 KB where it is an old one.
	maxSend = 200 << 10
)

// Message is one finding on its way.
type Message struct {
	ID   string // of the event: the same however often it is sent
	Body string
}

// Judgement is what this shell knows beforehand of what the gate will say. It keeps messages off the queue, no more.
type Judgement struct {
	About bool   // the finding is one that was asked about
	Left  string // why nothing would come of it; empty where something may
}

// Backfill is one, with all that it asks.
type Backfill struct {
	Journal *Journal
	// Pages hands out the findings that are open and fail, a page at a time.
	Pages func(ctx context.Context, each func([]finding.Raw) error) error
	// Look returns those findings as they are now; what is not there any more is left out.
	Look  func(ctx context.Context, keys []finding.Key) ([]finding.Raw, error)
	Judge func(finding.Raw) Judgement
	// Queue puts messages into the queue; sent are the places of those that it took.
	Queue func(ctx context.Context, batch []Message) (sent []int, err error)

	Hub, Region string // that events are of
	Now         func() time.Time
	Said        func(Progress)
}

// Progress is how far it is.
type Progress struct {
	Listed int // to be sent, as far as they are listed
	Sent   int
	Of     int // 0 while findings are listed
}

// List lists what is open, unless the journal has it all. A list that was broken off is begun anew: nothing is sent
// before it is whole, for only then the gravest come first.
func (b *Backfill) List(ctx context.Context) error {
	if b.Journal.known.listed {
		return nil
	}
	err := b.Pages(ctx, func(raw []finding.Raw) error {
		p := page{Left: map[string]int{}}
		for _, one := range raw {
			switch j := b.Judge(one); {
			case !j.About:
			case j.Left != "":
				p.Left[j.Left]++
			default:
				p.Found = append(p.Found, foundOf(one))
			}
		}
		if err := b.Journal.add(line{Page: &p}); err != nil {
			return err
		}
		b.Said(Progress{Listed: b.Journal.known.count()})
		return nil
	})
	if err != nil {
		return fmt.Errorf("list what is open: %w", err)
	}
	return b.Journal.add(line{Listed: true})
}
