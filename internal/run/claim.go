package run

import (
	"errors"
	"fmt"
	"time"
)

// ErrNotFound says that there is no such item.
var ErrNotFound = errors.New("not found in the ledger")

// ErrLost says that another process has taken the run over.
var ErrLost = errors.New("the run belongs to another process now")

// ErrGrew says that findings or people joined a run after its outcome was
// recorded: they have to hear of it before it can be closed.
var ErrGrew = errors.New("findings or people joined the run meanwhile")

// Verdict is the answer to a claim.
type Verdict string

// The verdicts.
const (
	Claimed   Verdict = "claimed"   // the run is ours, new or taken over
	Joined    Verdict = "joined"    // another process is at it; its result goes to our finding too
	Busy      Verdict = "busy"      // the work is ours but another run holds the resource; deferred
	Held      Verdict = "held"      // somebody told Salve to leave the resource alone
	Reverted  Verdict = "reverted"  // something keeps undoing the fix; a hold was set just now
	Duplicate Verdict = "duplicate" // the event was dealt with before
	Later     Verdict = "later"     // the work is ours but its time has not come; deferred
	Full      Verdict = "full"      // another process is at it, and the run has no room for our finding
)

// Claim is the answer to asking for a piece of work.
type Claim struct {
	Verdict Verdict
	// Run comes with Claimed, Busy and Later; with Full it is the one that is open; with Joined that one as it was before,
	// but for its lease and due time.
	Run    *Run
	Hold   Hold   // with Held and Reverted
	Cooled Cooled // with Later, where the work itself has to rest
}

// TugOfWar is the hold that keeps the engine from fixing again what something
// keeps undoing.
func (t Terms) TugOfWar() Hold {
	return Hold{
		Until: t.Now.Add(t.Thrice), By: "Salve",
		Reason: fmt.Sprintf("it was fixed three times in %d days and something keeps changing it back",
			int(t.Thrice.Hours()/24)),
	}
}

// Terms say what a claim may ignore and when it is made.
type Terms struct {
	Event      string // id of the event; one seen before is a duplicate
	IgnoreHold bool   // an operator's explicit wish
	Early      bool   // take up a run that waits before its time has come
	// Thrice sets a hold of that length instead of claiming work that was fixed
	// three times within it; zero claims whatever happened before.
	Thrice time.Duration
	// Cool is how often the work may be begun; nil however often.
	Cool Cooldown
	// Start is when the run may begin, and Why where that is later than Now.
	Start time.Time
	Why   string
	Now   time.Time
	Lease time.Duration
	Retry time.Duration // when a busy lock is worth another try
}
