package assess

import "github.com/salve-security/salve/internal/finding"

// within tells of units by their numbers whether they are among what is asked about. What cannot be read is not, and
// says so where it is planned or shown.
func (a *Assessment) within() func(n int) bool {
	if a.Within == nil {
		return func(int) bool { return true }
	}
	for n := len(a.inside); n < len(a.Journal.known.units); n++ {
		l, err := a.Journal.read(a.Journal.place(n))
		a.inside = append(a.inside, err != nil || l.Unit == nil || a.Within(*l.Unit))
	}
	return func(n int) bool { return a.inside[n] }
}

// Outside tells how many pieces of work are known that are not among what is asked about.
func (a *Assessment) Outside() (work int) {
	within := a.within()
	for n, e := range a.Journal.known.units {
		if e.findings > 0 && !within(n) {
			work++
		}
	}
	return work
}

// Finding is one that reports the work now, as the gate reads it.
func (u Unit) Finding() finding.Finding { return u.finding() }

// Complete tells that all findings are listed.
func (j *Journal) Complete() bool { return j.known.listed }
