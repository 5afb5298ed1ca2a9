package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
)

// ByTag lets the owner of a resource ask for an exception by a tag of it, within bounds.
type ByTag struct {
	Tag      string   `json:"tag"             yaml:"tag"`
	Controls []string `json:"controls"        yaml:"controls"` // that may be asked for; * stands for anything
	Where    []Where  `json:"where,omitempty" yaml:"where"`    // any of them; none means everywhere
	Days     int      `json:"days"            yaml:"days"`     // at most, from when Salve first saw the tag
}

// MostAsked is how many resources of an account may have asked by a tag. Whoever may write tags must not be able to
// fill what is read with every configuration.
const MostAsked = 200

// KeptAsked is how long after its end an exception by a tag is remembered, so that the tag does not begin a new one.
const KeptAsked = 400 * 24 * time.Hour

// askedPrefix begins the ids of exceptions that owners have asked for by a tag.
const askedPrefix = "tag-"

// Asked tells that the owner of the resource has asked for it by a tag: it holds as long as the tag says so too.
func (g Given) Asked() bool { return strings.HasPrefix(g.ID, askedPrefix) }

// asking is what a value of the tag says.
type asking struct {
	controls              string // with commas
	until                 Date
	owner, ticket, reason string
	problem               string // why it cannot be read
}

var (
	askedControl = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,40}\.([A-Za-z0-9]{1,40}|\*)$`)
	askedEvery   = regexp.MustCompile(`^(all|\*)$`)
)

// readAsking reads a value such as "S3.8 EC2.19 until=2027-03-31 owner=web ticket=SEC-12 reason=static web site".
func readAsking(value string) asking {
	var a asking
	var controls []string
	said := map[string]bool{}
	words := strings.Fields(strings.ReplaceAll(value, ",", " "))
	for i, word := range words {
		key, text, pair := strings.Cut(word, "=")
		switch {
		case !pair && askedEvery.MatchString(word):
			controls = append(controls, allControls)
			continue
		case !pair && askedControl.MatchString(word):
			controls = append(controls, word)
			continue
		case pair && said[key]:
			return asking{problem: "it says " + key + " twice"}
		case pair && key == "reason":
			a.reason = strings.Join(append([]string{text}, words[i+1:]...), " ")
			return a.of(controls)
		}
		if said[key] = true; !pair || !a.take(key, text) {
			return asking{
				problem: fmt.Sprintf("%q is neither a control such as S3.8, nor all, until=DAY, owner=, ticket= or "+
					"reason=", plain.Short(word, maxPlace)),
			}
		}
	}
	return a.of(controls)
}

// take notes what a pair says; false where it means nothing.
func (a *asking) take(key, text string) bool {
	switch key {
	case "until":
		return a.until.UnmarshalText([]byte(text)) == nil
	case "owner":
		a.owner = text
	case "ticket":
		a.ticket = text
	default:
		return false
	}
	return true
}

func (a asking) of(controls []string) asking {
	if len(controls) == 0 {
		return asking{problem: "it names no control: write S3.8, or all"}
	}
	a.controls = strings.Join(controls, ",")
	return a
}

// may tells that the configuration lets owners ask about a control.
func (b ByTag) may(id string) bool {
	return slices.ContainsFunc(b.Controls, func(p string) bool { return plain.Like(p, id) })
}

// kin are the controls of the input that owners may ask about: an exception protects what is written.
func (b ByTag) kin(c Control) []string {
	return slices.DeleteFunc(append([]string{c.ID}, c.Kin...), func(id string) bool { return !b.may(id) })
}

// askedID is what the exception of a resource is filed under. A tag that is changed, or taken away and set again, is
// the same one: it began when it was first seen.
func askedID(account, resource string) string {
	const enough = 16
	sum := sha256.Sum256([]byte(account + "#" + resource))
	return askedPrefix + hex.EncodeToString(sum[:enough])
}

// ByOwner says whether a tag of the resource asks for an exception that holds now, and what is to be noted where it
// asks for one that does not. Asked is the exception where nobody has noted yet that it began.
func ByOwner(in Input) Decision {
	b, goes := in.Config.ByTag, Decision{Verdict: Act, Reason: Allowed}
	if b == nil {
		return goes
	}
	ids, tags := b.kin(in.Control), in.Snapshots.Tags
	value, there := tags[b.Tag]
	switch {
	case tags == nil && len(ids) == 0:
		goes.Curious = true // to say that it asks in vain
		return goes
	case tags == nil:
		return refuse(UnknownTags)
	case !there:
		return goes
	}
	a := readAsking(value)
	e := Exception{Control: a.controls}
	about := func(id string) bool { return a.problem != "" || e.Names(id) }
	if !about(in.Control.ID) && !slices.ContainsFunc(in.Control.Kin, about) {
		return goes
	}
	if !slices.ContainsFunc(ids, about) {
		return b.vain(goes, "which the configuration does not allow for "+in.Control.ID)
	}
	return b.placed(in, a, goes)
}

// placed is what follows from a tag that asks about a control that may be asked about.
func (b ByTag) placed(in Input, a asking, goes Decision) Decision {
	if len(b.Where) == 0 {
		return b.holds(in, a, goes)
	}
	switch at, reason := anyWhere(b.Where, in); {
	case at >= 0:
		return b.holds(in, a, goes)
	case reason != "":
		return in.unknown(reason)
	}
	return b.vain(goes, "which the configuration does not allow here")
}

// holds is what follows from a tag that may ask.
func (b ByTag) holds(in Input, a asking, goes Decision) Decision {
	g, known := in.Overlay.asked[askedID(in.Finding.Account, in.Finding.Resource.ID)]
	if !known {
		if in.Overlay.askedIn[in.Finding.Account] >= MostAsked {
			return b.vain(goes, "and too many of account "+in.Finding.Account+" do")
		}
		g = b.begun(in, a)
	}
	end := b.end(g.Since, a)
	switch {
	case !g.Ended.IsZero():
		return b.vain(goes, "which "+plain.Short(g.EndedBy, maxOwner)+" has ended")
	case !in.Now.Before(end):
		return b.vain(goes, "whose time is over")
	}
	e := b.exception(in, a, end)
	d := e.origin().refuse(Excepted)
	d.Owner = &e
	if !known {
		d.Asked = &g
	}
	return d
}

// exception is what the tag asks for, as people read it.
func (b ByTag) exception(in Input, a asking, end time.Time) Exception {
	e := Exception{
		Control: a.controls, Account: in.Finding.Account, Resource: in.Finding.Resource.ID,
		Ticket: plain.Short(a.ticket, maxOwner), Owner: plain.Short(a.owner, maxOwner),
		Reason: plain.Short(a.reason, maxReason), Expires: Date{end.AddDate(0, 0, -1)}, ID: askedID(in.Finding.Account, in.Finding.Resource.ID),
	}
	if e.Owner == "" {
		e.Owner = "the owner of the resource"
	}
	if a.problem != "" {
		e.Control, e.Reason = allControls, "its tag "+b.Tag+" cannot be read: "+plain.Short(a.problem, maxReason)
	}
	if e.Reason == "" {
		e.Reason = "asked for by its tag " + b.Tag
	}
	return e
}

// begun is the exception as it is kept from now on.
func (b ByTag) begun(in Input, a asking) Given {
	return Given{Exception: b.exception(in, a, b.end(in.Now, a)), Since: in.Now.UTC()}
}

// end is the first moment after what the tag asks for: so many days from when it was first seen, or the day that it
// says, whichever is sooner.
func (b ByTag) end(since time.Time, a asking) time.Time {
	end := since.UTC().Truncate(24*time.Hour).AddDate(0, 0, b.Days+1)
	if until := a.until; !until.Day.IsZero() && until.End().Before(end) {
		return until.End()
	}
	return end
}

// vain notes that the tag asks for what does not hold.
func (b ByTag) vain(d Decision, why string) Decision {
	d.Aside = "the tag " + plain.Short(b.Tag, maxOwner) + ", which asks for an exception, " + why
	return d
}

// byOwner lets a tag of the resource keep off what would change it. A plan touches nothing, and to take something back
// is what an exception wants.
func byOwner(in Input, d Decision) Decision {
	if in.Config.ByTag == nil || d.Verdict != Act && d.Verdict != Ask || in.button() == names.ActionUndo ||
		in.Trigger == Operator {
		return d
	}
	by := ByOwner(in)
	if by.Verdict == Refuse {
		by.Mode, by.Rule = d.Mode, d.Rule
		return by
	}
	d.Aside, d.Curious = by.Aside, by.Curious
	return d
}

// byTag checks what owners may ask for.
func (v *checker) byTag(b *ByTag) {
	if b == nil {
		return
	}
	const at = "exceptions_by_tag"
	if n := plain.Length(b.Tag); n == 0 || n > 128 {
		v.add(at+".tag", fmt.Sprintf("has %d characters", n), "name the tag that owners set, such as salve:exception")
	}
	if len(b.Controls) == 0 {
		v.add(at+".controls", "is missing", `list the controls that may be asked for, such as S3.*, or "*"`)
	}
	for i, name := range b.Controls {
		if !v.names(name) {
			v.add(fmt.Sprintf("%s.controls[%d]", at, i), fmt.Sprintf("%q is not a control Salve knows", name),
				"salve controls list shows them; S3.* is for several, * for all")
		}
	}
	v.places(at+".where", b.Where, "remove it to mean everywhere")
	if b.Days < 1 || b.Days > LongestDays {
		v.add(at+".days", fmt.Sprintf("is %d", b.Days),
			fmt.Sprintf("write 1 to %d: how long one holds at most", LongestDays))
	}
}
