package gate

import (
	"errors"
	"time"
)

// Push is a document on its way into the ledger, and who stands behind it.
type Push struct {
	Doc     string
	Over    int64     // the version that it takes the place of; 0 while there is none
	By      string    // the ARN that AWS knows them by
	How     string    // the command, in words
	Release string    // of Salve
	At      time.Time // kept in seconds
}

// Modes is, by entry, the version that last changed its mode once the document takes the place of the stored one. Of a
// document that nobody can read nothing is known, and once it can be read all of it is new.
func (p Push) Modes(stored Settings) map[string]int64 {
	to, err := FromJSON([]byte(p.Doc))
	if err != nil {
		return stored.Modes
	}
	return stored.ModesMoved(to, p.Over+1)
}

// Kept is the push as the history gives it back.
func (p Push) Kept() Push {
	p.At = time.Unix(p.At.Unix(), 0).UTC()
	return p
}

// Pushed is a document of the history: the stored one is the newest.
type Pushed struct {
	Version int64
	Hash    string
	Push
	// Unread says why the kept document cannot be read; it is listed all the same.
	Unread error
}

// KeptVersions is how many pushed documents are kept.
const KeptVersions = 100

// ErrNotKept says that a version is not in the history: it was never pushed, or is too old.
var ErrNotKept = errors.New("no such version is kept")
