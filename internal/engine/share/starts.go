package share

import (
	"context"
	"errors"
	"time"
)

// Starts gives out the seconds in which something may be started in an account and Region: SSM Automation takes one
// start a second there, whoever asks. It is safe for concurrent use.
// Source: AWS General Reference, Systems Manager endpoints and quotas.
type Starts struct{ marks *marks }

// NewStarts returns starts that have seen nothing yet.
func NewStarts(draws Draws) *Starts { return &Starts{newMarks(draws)} }

// everyStart is the time between two starts.
const everyStart = time.Second

// Next takes the next second that nobody has: at once where that is not after now.
func (s *Starts) Next(ctx context.Context, account, region string, now time.Time) (time.Time, error) {
	return s.marks.draw(ctx, "start#"+account+"#"+region, everyStart, now, errStarts)
}

// errStarts makes the run be tried again: who loses every time has the counter wrong, or no second is free.
var errStarts = errors.New("others start runbooks in the account and Region all the time")
