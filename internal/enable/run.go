package enable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// abreast is how many Regions are worked on at a time.
const abreast = 8

// patience is how long AWS gets to let the administrator in after the account was named: minutes, by those who tried.
const patience = 10 * time.Minute

// doubt is how long it is tried whether AWS takes what it called invalid: of a new administrator services say that too.
const doubt = 2 * time.Minute

// firstPause is the first wait for AWS; each further one is twice as long, up to lastPause.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 30 * time.Second
	settling   = 2 * time.Second // between two looks at what accounts become
)

// Run looks at an organization, and changes it where it is told to.
type Run struct {
	Organization Organization
	Wish         Wish // complete
	Regions      []string
	Open         Opener
	// Services are those of Services, but in tests.
	Services []Service
	// Report hears of each row as soon as it is known; it is called from several goroutines, one at a time.
	Report func(Row)
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error

	mu sync.Mutex
}

// task is what is done with the steps.
type task int

const (
	look task = iota // and say what would be done
	set
	back
	lookBack // and say what would be taken back
)

// Plan says what is and what would be done. It writes nothing.
func (r *Run) Plan(ctx context.Context) []Row { return r.all(ctx, look) }

// Enable does what is missing. Rows say what became of each step: one that fails keeps those after it in its Region and
// service from being tried, and no others.
func (r *Run) Enable(ctx context.Context) []Row { return r.all(ctx, set) }

// Withdraw takes back what Salve can take back, the last step first, and names what stays.
func (r *Run) Withdraw(ctx context.Context) []Row { return r.all(ctx, back) }

// Withdrawal says what Withdraw would do. It writes nothing.
func (r *Run) Withdrawal(ctx context.Context) []Row { return r.all(ctx, lookBack) }

// backwards tells whether the last step comes first.
func (t task) backwards() bool { return t == back || t == lookBack }

// all works service by service: first in the home Region alone, then in the others side by side. AWS makes roles and
// trust for the whole organization with the first, and has failed where several came at once. Taking back ends at home.
func (r *Run) all(ctx context.Context, t task) []Row {
	var rows []Row
	for _, service := range r.asked(t) {
		others := slices.DeleteFunc(slices.Clone(r.Regions), func(region string) bool { return region == r.Wish.Home })
		parts := [][]string{{r.Wish.Home}, others}
		if t.backwards() {
			slices.Reverse(parts)
		}
		for _, part := range parts {
			rows = append(rows, r.abreast(ctx, service, part, t)...)
		}
	}
	return rows
}

func (r *Run) asked(t task) []Service {
	var asked []Service
	for _, s := range r.Services {
		if r.Wish.Asked(s.Name()) {
			asked = append(asked, s)
		}
	}
	if t.backwards() {
		slices.Reverse(asked)
	}
	return asked
}

// abreast works on Regions side by side and returns their rows in the order of the Regions.
func (r *Run) abreast(ctx context.Context, service Service, regions []string, t task) []Row {
	each := make([][]Row, len(regions))
	var all sync.WaitGroup
	free := make(chan struct{}, abreast)
	for i, region := range regions {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			each[i] = r.region(ctx, service, region, t)
		})
	}
	all.Wait()
	return slices.Concat(each...)
}

// region goes through the steps of a service in one Region.
func (r *Run) region(ctx context.Context, service Service, region string, t task) []Row {
	steps := service.Steps(Env{
		Organization: r.Organization, Wish: r.Wish, Region: region, Regions: r.Regions, Open: r.Open,
	})
	if t.backwards() {
		slices.Reverse(steps)
	}
	var rows []Row
	add := func(more ...Row) {
		for _, row := range more {
			row.Service, row.Region = service.Name(), region
			rows = append(rows, row)
			r.report(row)
		}
	}
	stopped, earlier := "", false // why no more is tried; whether a step before this one is not done yet
	gone := sync.OnceValue(func() bool { return undelegated(ctx, steps) })
	for _, step := range steps {
		if row, aside := r.aside(ctx, service, step, stopped); aside {
			add(row)
			continue
		}
		found := r.step(ctx, step, t, earlier, gone)
		found[0] = r.unanswered(found[0], region)
		add(found...)
		switch first := found[0]; first.State {
		case Unsupported:
			return rows
		case Missing, Later:
			earlier = true
		case Blocked, Failed:
			if first.Account == "" && !step.Optional && !t.backwards() {
				stopped = "because of " + step.Name
			}
		case Right, Left, Done, Back, Untried:
		}
	}
	return rows
}

// unanswered weighs that a service is not in a Region.
func (r *Run) unanswered(row Row, region string) Row {
	switch {
	case row.State != Unsupported:
	case region == r.Wish.Home:
		row.State = Failed // there it has to be: more likely the credentials are refused
	default:
		row.Detail = "the service is not in this Region" // in one line for all of them
	}
	return row
}

// aside is the row of a step that is not looked at: something before it failed, the run was stopped, or a policy
// decides.
func (r *Run) aside(ctx context.Context, service Service, step Step, stopped string) (Row, bool) {
	if stopped == "" && ctx.Err() != nil {
		stopped = "the run was stopped: run it again"
	}
	if stopped != "" {
		return Row{Step: step.Name, State: Untried, Want: step.Want, Detail: stopped}, true
	}
	if kind := service.Policy(); step.ByPolicy && r.Organization.Policies[kind] {
		return Row{Step: step.Name, State: Left, Detail: "a policy of AWS Organizations decides: " + kind}, true
	}
	return Row{}, false
}

func (r *Run) report(row Row) {
	if r.Report == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Report(row)
}

// step looks at one step and does what the task asks. Earlier says that a step before it is planned and not done; gone,
// asked backwards, that there is no administrator to take anything back from.
func (r *Run) step(ctx context.Context, step Step, t task, earlier bool, gone func() bool) []Row {
	row := Row{Step: step.Name, Want: step.Want, Price: step.Price}
	reading, err := r.look(ctx, step, t == set)
	switch {
	case err != nil && earlier && t == look && !absent(err):
		row.State, row.Detail = Later, "to be seen when the steps before are done"
		return []Row{row}
	case err != nil && t.backwards() && ctx.Err() == nil && !absent(err) && !fault.Expired(err) && gone():
		row.Want, row.State, row.Detail = "", Left, noDelegation
		return []Row{row}
	case err != nil:
		return []Row{failed(row, err)}
	}
	row.Is, row.Price = reading.Is, cmp.Or(reading.Price, step.Price)
	switch {
	case reading.Left != "":
		row.State, row.Detail = Left, reading.Left
	case t.backwards():
		return r.back(ctx, row, reading, t)
	case reading.Right:
		row.State, row.Price = Right, ""
	case t == look:
		row.State = Missing
	default:
		return r.set(ctx, step, row, reading)
	}
	return []Row{row}
}

// look reads a step. Where services were just given an administrator, AWS may for minutes not know him: then it waits.
func (r *Run) look(ctx context.Context, step Step, wait bool) (Reading, error) {
	until := r.Now().Add(patience)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		reading, err := step.Look(ctx)
		if err == nil || !wait || !early(err) || r.Now().Add(pause).After(until) {
			return reading, err
		}
		if r.Sleep(ctx, pause) != nil {
			return Reading{}, err
		}
	}
}

// set does a step and looks until it is so, also after an error: somebody else may have done it, or an answer was lost.
// What accounts refuse are rows of their own, unless they refuse only because somebody else is at it.
func (r *Run) set(ctx context.Context, step Step, row Row, reading Reading) []Row {
	began, was := r.Now(), reading.Is
	for tries, pause := 1, firstPause; ; tries, pause = tries+1, min(2*pause, lastPause) {
		err := reading.Set(ctx)
		again, unseen := r.look(ctx, step, err == nil)
		var some Refusals
		switch refused, lasts := errors.As(err, &some), lasting(err, unseen); {
		case unseen == nil && again.Right:
			return []Row{done(row, again, was)}
		case refused && tries > 1:
			return r.some(ctx, step, row, some)
		case lasts != nil:
			return []Row{failed(row, lasts)}
		case unseen == nil:
			row.Is, reading = again.Is, orElse(again, reading)
		}
		if r.Now().Add(pause).After(limit(began, err)) {
			return []Row{failed(row, orError(err, "AWS took the call and does not show it after %s: run it again", patience))}
		}
		if stop := r.Sleep(ctx, pause); stop != nil {
			return []Row{failed(row, stop)}
		}
	}
}

// lasting is the first of the errors that trying again does not mend, nil for none.
func lasting(errs ...error) error {
	for _, err := range errs {
		var some Refusals
		if err != nil && !errors.As(err, &some) && !early(err) {
			return err
		}
	}
	return nil
}

// done is the row of a step that was not so before, and is.
func done(row Row, is Reading, was string) Row {
	row.State, row.Is, row.Detail = Done, is.Is, "was: "+was
	return row
}

// some tells of accounts that a service did not take, beside those that it took.
func (r *Run) some(ctx context.Context, step Step, row Row, some Refusals) []Row {
	is := r.still(ctx, step, row.Is)
	if is.Right {
		return []Row{done(row, is, row.Is)} // by somebody else, meanwhile
	}
	row.State, row.Is = Failed, is.Is
	row.Detail = fmt.Sprintf("%s not taken, see below", plain.Count(len(some), "account"))
	rows := []Row{row}
	for _, account := range some.accounts() {
		rows = append(rows, Row{Step: step.Name, Account: account, State: Failed, Want: step.Want, Detail: some[account]})
	}
	rows[0].Account = SomeAccounts
	return rows
}

// still is what a step finds when it finds the same twice: the accounts that were taken may take a while to show it.
func (r *Run) still(ctx context.Context, step Step, is string) Reading {
	last, until := Reading{Is: is}, r.Now().Add(patience)
	for looks := 0; ; looks++ {
		again, err := r.look(ctx, step, true)
		if err != nil {
			return last
		}
		settled := again.Right || looks > 0 && again.Is == last.Is
		if last = again; settled || r.Now().After(until) || r.Sleep(ctx, settling) != nil {
			return last
		}
	}
}

// limit is until when a step is tried that ended with an error, or with none.
func limit(began time.Time, err error) time.Time {
	if fault.Of(err) == fault.Invalid {
		return began.Add(doubt)
	}
	return began.Add(patience)
}

func orElse(again, before Reading) Reading {
	if again.Set == nil {
		return before
	}
	return again
}

func orError(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Unverified, format, args...)
}

// failed gives a row the state that an error means.
func failed(row Row, err error) Row {
	row.Detail = said(err)
	switch {
	case absent(err):
		row.State, row.Detail = Unsupported, "the service does not answer here: "+row.Detail
	case errors.Is(err, context.Canceled):
		row.State, row.Detail = Untried, "the run was stopped here; what it had begun is seen by the next: run it again"
	case fault.Expired(err):
		row.State, row.Detail = Failed, "the session has expired: sign in again, then run it again; "+row.Detail
	case fault.Of(err) == fault.Denied, fault.Of(err) == fault.Refused, fault.Of(err) == fault.NotOnboarded:
		row.State = Blocked
	default:
		row.State = Failed
	}
	return row
}

// Refusals are accounts that a service did not take, and why.
type Refusals map[string]string

// Error lists them.
func (r Refusals) Error() string {
	var all []string
	for _, account := range r.accounts() {
		all = append(all, account+": "+r[account])
	}
	return strings.Join(all, "; ")
}

func (r Refusals) accounts() []string {
	var accounts []string
	for account := range r {
		accounts = append(accounts, account)
	}
	slices.Sort(accounts)
	return accounts
}
