package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Chart is the organization as it was read at one time. What rules ask about accounts is answered from it alone.
type Chart struct {
	At    time.Time         `json:"at"`    // when the reading began
	Root  string            `json:"root"`  // of the organization
	Above map[string]string `json:"above"` // of each account and unit, the unit or root that it is in

	Keys []string          `json:"keys,omitempty"` // of the tags of accounts that are kept: those that rules ask for
	Tags map[string]Tagged `json:"tags,omitempty"` // by account
}

// Tagged are the tags of an account, and when they were read.
type Tagged struct {
	At   time.Time         `json:"at"`
	Tags map[string]string `json:"tags"`
}

// ChartLasts is how long a chart counts: it is read anew every hour, so that some readings may fail.
const ChartLasts = 6 * time.Hour

// LongestReading is longer than a reading is ever reserved for.
const LongestReading = time.Hour

const (
	chartEvery = time.Hour
	ahead      = 10 * time.Minute // that clocks of two machines may differ
	mostLevels = 8                // AWS allows five levels of units below the root
)

// Charted is what is stored of the organization, and of the last attempt to read it.
type Charted struct {
	Chart    *Chart // nil: none, or one that cannot be read
	Unread   string // why the stored one cannot be read
	Revision int64  // of the stored one, which the next one takes the place of

	Trouble   string    // what the last reading failed with; empty where it did not
	TroubleAt time.Time // when
}

// Asks is what rules ask about accounts.
type Asks struct {
	OUs  bool
	Keys []string // of tags, in order
}

// Any tells that rules ask for something.
func (a Asks) Any() bool { return a.OUs || len(a.Keys) > 0 }

// Asks is what the document, and what is disabled by hand, ask about accounts.
func (c Config) Asks(o Overlay) Asks {
	var a Asks
	for _, rule := range c.Controls {
		a.of(rule.Where)
		a.of(rule.OffIn)
	}
	for _, w := range c.Windows {
		a.of(w.Where)
	}
	for _, f := range c.Freezes {
		a.of(f.Where)
	}
	if c.ByTag != nil {
		a.of(c.ByTag.Where)
	}
	if c.Rings != nil {
		for _, ring := range c.Rings.Order {
			a.of(ring.Where)
		}
	}
	for _, k := range c.Calendars {
		a.of(k.Where)
	}
	for _, d := range o.Disables {
		a.of([]Where{d.Where})
	}
	slices.Sort(a.Keys)
	a.Keys = slices.Compact(a.Keys)
	return a
}

func (a *Asks) of(places []Where) {
	for _, w := range places {
		a.OUs = a.OUs || len(w.OUs) > 0
		a.Keys = slices.AppendSeq(a.Keys, maps.Keys(w.AccountTags))
		a.of(w.Except)
	}
}

// Placed is what is known of an account.
type Placed struct {
	OUs  []string          // its unit, the units above, the root; nil: not known
	Tags map[string]string // in the organization; nil: not known
	Kept []string          // the keys that Tags may have: of others it is not known whether it has them
	Why  string            // why something is not known, and what to do
}

// Asked tells that somebody has looked.
func (p Placed) Asked() bool { return p.OUs != nil || p.Why != "" }

// AboutAccount tells that the reason is that nobody knows something about the account.
func (r Reason) AboutAccount() bool { return r == UnknownOUs || r == UnknownAccountTags }

// Stale tells that the units have to be read.
func (c Charted) Stale(now time.Time) bool { return c.Chart == nil || stale(c.Chart.At, now) }

func stale(at, now time.Time) bool { return at.After(now.Add(ahead)) || now.Sub(at) >= chartEvery }

// Due tells that something has to be read.
func (c Charted) Due(asks Asks, now time.Time) bool {
	return c.Stale(now) || len(asks.Keys) > 0 && len(c.Chart.Asking(asks).Untagged(now, 1)) > 0
}

// Place says what is known of an account; what is too old, or of a time to come, is not known.
func (c Charted) Place(account string, now time.Time) Placed {
	if why := c.Lacks(now); why != "" {
		return Placed{Why: why}
	}
	if units := c.Chart.units(account); units != nil {
		tags, why := c.Chart.tagsOf(account, now)
		return Placed{OUs: units, Tags: tags, Kept: c.Chart.Keys, Why: why}
	}
	return Placed{Why: fmt.Sprintf("account %s is in no unit of the organization as it was at %s; one that is new or was "+
		"moved is known within the hour", account, plain.Minute(c.Chart.At))}
}

// Lacks says why nothing is known of any account; nothing where something is.
func (c Charted) Lacks(now time.Time) string {
	switch {
	case c.Chart == nil && c.Unread != "":
		return "what is stored of the organization cannot be read: " + c.Unread + c.trouble()
	case c.Chart == nil && c.Trouble == "":
		return "the organization was not read yet; the next sweep reads it"
	case c.Chart == nil:
		return "the organization was never read" + c.trouble()
	case c.Chart.At.After(now.Add(ahead)):
		return "the organization was read at a time that is to come, " + plain.Minute(c.Chart.At) +
			": a clock was wrong; the next sweep reads it again" + c.trouble()
	case now.Sub(c.Chart.At) > ChartLasts:
		return fmt.Sprintf("the organization was read at %s, which counts for %d hours%s", plain.Minute(c.Chart.At),
			int(ChartLasts.Hours()), c.trouble())
	}
	return ""
}

// trouble says what the last reading failed with, and where to look on.
func (c Charted) trouble() string {
	if c.Trouble == "" {
		return ""
	}
	return fmt.Sprintf("; at %s it failed with: %s", plain.Minute(c.TroubleAt),
		strings.TrimRight(plain.Short(c.Trouble, maxReason), ". "))
}

// units are the unit of an account, those above it and the root; nil where one of them is not known.
func (c *Chart) units(account string) []string {
	var units []string
	for at := account; len(units) < mostLevels; {
		above, known := c.Above[at]
		if !known {
			return nil
		}
		if units = append(units, above); above == c.Root {
			return units
		}
		at = above
	}
	return nil
}

// Accounts are those that are in it.
func (c *Chart) Accounts() []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(c.Above)) {
		if accountShape.MatchString(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
