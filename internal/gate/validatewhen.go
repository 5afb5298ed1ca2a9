package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/plain"
)

// controlGlob is an id of a control, or several: * stands for anything.
var controlGlob = regexp.MustCompile(`^[A-Za-z0-9.*-]{1,60}$`)

const zoneFix = "write a time zone of the list of IANA, such as Europe/Berlin, or UTC"

func (v *checker) windows(windows []Window) {
	if windows == nil {
		return
	}
	v.enforced(SectionWindows, "windows")
	v.notEmpty("windows", len(windows))
	for i, w := range windows {
		at := fmt.Sprintf("windows[%d]", i)
		if len(w.Days) == 0 {
			v.add(at+".days", "is missing", "list the days on which it begins: mon, tue, wed, thu, fri, sat, sun")
		}
		v.each(at+".days", w.Days, weekday, "write mon, tue, wed, thu, fri, sat or sun")
		v.clock(at+".from", w.From, clock, `write a time of the day such as "22:00"`)
		v.clock(at+".to", w.To, clockEnd, `write a time such as "05:00", of the next day if it is not later, or "24:00"`)
		if w.From != "" && w.From == w.To {
			v.add(at+".to", "is the same as from", `write from: "00:00" and to: "24:00" for the whole day`)
		}
		v.zone(at, w.TZ)
		v.about(at, w.About)
	}
}

func (v *checker) freezes(freezes []Freeze) {
	if freezes == nil {
		return
	}
	v.enforced(SectionWindows, "freezes")
	v.notEmpty("freezes", len(freezes))
	for i, f := range freezes {
		at := fmt.Sprintf("freezes[%d]", i)
		good := v.zone(at, f.TZ)
		for field, text := range map[string]string{"from": f.From, "to": f.To} {
			if _, _, err := instant(text); err != nil {
				good = false
				v.add(at+"."+field, given(text), `write a day such as 2026-12-20, or "2026-12-20 18:00"`)
			}
		}
		if good {
			v.span(at, f)
		}
		if strings.TrimSpace(f.Reason) == "" {
			v.add(at+".reason", "is missing", "say why: who is held back reads it")
		}
		v.about(at, f.About)
	}
}

// FurthestAhead is how far ahead something may be that work waits for: two years. What is stored and further is looked
// at again by then.
const FurthestAhead = 2 * 365 * 24 * time.Hour

// firstYear is one before which no freeze has begun that anybody still has in his document.
const firstYear = 2020

// span checks when a freeze is, of which both ends can be read.
func (v *checker) span(at string, f Freeze) {
	s, err := f.span()
	if err != nil {
		v.add(at+".to", "is not after from", "write the end last; a day without a time is frozen to its end")
		return
	}
	const fix = "write a time within two years from now, and renew it; mode off stops a control for good"
	far := func(t time.Time) bool { return !v.known.Today.IsZero() && t.After(v.known.Today.Add(FurthestAhead)) }
	switch {
	case s.from.Year() < firstYear:
		v.add(at+".from", given(f.From), "write the day on which it begins, such as 2026-12-20")
	case far(s.from):
		v.add(at+".from", given(f.From)+", which is more than two years ahead", fix)
	case far(s.to):
		v.add(at+".to", given(f.To)+", which is more than two years ahead", fix)
	}
}

// notEmpty refuses a list without anything in it.
func (v *checker) notEmpty(path string, n int) {
	if n == 0 {
		v.add(path, "is empty", "remove it")
	}
}

// given says what stands there.
func given(text string) string {
	if text == "" {
		return "is missing"
	}
	return fmt.Sprintf("is %q", plain.Short(text, maxPlace))
}

func (v *checker) clock(path, text string, shape *regexp.Regexp, fix string) {
	if !shape.MatchString(text) {
		v.add(path, given(text), fix)
	}
}

func (v *checker) zone(at, name string) bool {
	_, err := zoneOf(name)
	if err != nil {
		v.add(at+".tz", given(name), zoneFix)
	}
	return err == nil
}

// about checks what a window, a freeze or a calendar is about.
func (v *checker) about(at string, a About) {
	v.each(at+".controls", a.Controls, controlGlob, "write an id such as S3.8, * standing for anything")
	for i, id := range a.Controls {
		if controlGlob.MatchString(id) && !strings.Contains(id, "*") && !v.known.Control(id) {
			v.add(fmt.Sprintf("%s.controls[%d]", at, i), "is not a control Salve knows", "salve controls list shows them")
		}
	}
	v.places(at+".where", a.Where, "remove it to mean everywhere")
	impacts := []string{string(control.ImpactNone), string(control.ImpactInterrupts), string(control.ImpactDestructive)}
	if a.Impact != nil && len(a.Impact) == 0 {
		v.add(at+".impact", "is empty", "list values or remove it")
	}
	for i, impact := range a.Impact {
		if !slices.Contains(impacts, impact) {
			v.add(fmt.Sprintf("%s.impact[%d]", at, i), given(impact), "write none, interrupts or destructive")
		}
	}
}
