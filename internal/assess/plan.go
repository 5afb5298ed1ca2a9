package assess

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// group is the work of one control in one account, by the numbers of its units.
type group struct {
	control, account string
	severity         uint8
	units            []int
}

// planAll plans what nobody has looked at yet. What could not be looked at before is tried again.
func (a *Assessment) planAll(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	groups, answered, of := a.groups()
	a.say(answered, of)
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		first error
		shut  sync.Map // account → why nobody gets in
	)
	work := make(chan group)
	for range max(1, a.Workers) {
		wait.Go(func() {
			for g := range work {
				err := a.planGroup(ctx, g, &shut, func() {
					mu.Lock()
					defer mu.Unlock()
					answered++
					a.say(answered, of)
				})
				if err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
					cancel()
				}
			}
		})
	}
	for _, g := range groups {
		if ctx.Err() != nil {
			break
		}
		work <- g
	}
	close(work)
	wait.Wait()
	if first == nil && ctx.Err() != nil {
		return stopped(ctx, "plan", ctx.Err())
	}
	return first
}

// groups are what is to be planned: the gravest controls first, accounts in turn, so that those who work at a time
// mostly are in different accounts.
func (a *Assessment) groups() (out []group, answered, of int) {
	x, within := &a.Journal.known, a.within()
	at := map[[2]uint32]int{}
	for n := range x.units {
		e := &x.units[n]
		if e.findings == 0 || !within(n) {
			continue // listed in a part that was broken off, and not there any more
		}
		of++
		if e.class != 0 && Classes()[e.class-1] != Unlooked {
			answered++
			continue
		}
		key := [2]uint32{e.control, e.account}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, group{control: x.names[e.control], account: x.names[e.account], severity: e.severity})
		}
		out[i].units = append(out[i].units, n)
		out[i].severity = min(out[i].severity, e.severity)
	}
	slices.SortFunc(out, func(x, y group) int {
		return cmp.Or(cmp.Compare(x.severity, y.severity), cmp.Compare(x.control, y.control),
			cmp.Compare(x.account, y.account))
	})
	return out, answered, of
}

// planGroup plans the work of one control in one account, in one session.
func (a *Assessment) planGroup(ctx context.Context, g group, shut *sync.Map, done func()) error {
	s := &session{a: a, account: g.account}
	known := false
	s.control, known = a.Playbook(g.control)
	for _, n := range g.units {
		if ctx.Err() != nil {
			return stopped(ctx, "plan", ctx.Err())
		}
		l, err := a.Journal.read(a.Journal.place(n))
		if err != nil {
			return err
		}
		answer, err := a.answer(ctx, s, known, *l.Unit, shut)
		if err != nil {
			return err
		}
		answer.Number = n
		if err := a.Journal.add(line{Answer: &answer}); err != nil {
			return err
		}
		done()
	}
	return nil
}

// place is where a unit stands.
func (j *Journal) place(n int) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.known.units[n].at
}
