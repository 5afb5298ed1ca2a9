package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/salve-security/salve/internal/assess"
	"github.com/salve-security/salve/internal/fault"
)

const (
	// assessedAtOnce is how many sessions are at work at a time.
	assessedAtOnce = 8
	// assessedFor is how long an assessment is gone on with: what was seen before is news of yesterday.
	assessedFor = 24 * time.Hour
)

type assessCmd struct {
	Control  several `placeholder:"ID" patterns:"" help:"Only these controls, such as S3.8 or S3.*."`
	Standard several `placeholder:"KEY" help:"Only what fails of these standards, such as cis-5.0.0."`
	Account  several `placeholder:"ID" help:"Only in these accounts."`
	OU       several `name:"ou" placeholder:"OU" help:"Only in the accounts of these units, and of the units below."`

	AccessRole string  `placeholder:"NAME" help:"Without a hub: role by which members are entered."`
	HTML       newFile `name:"html" placeholder:"FILE" help:"Write the whole as one page."`
	Journal    newFile `placeholder:"FILE" help:"Where to keep what is known; default is a file in the user's cache."`
	Fresh      bool    `help:"Begin anew, also where an assessment can be gone on with."`
}

// Run looks, and writes nothing but its journal and what it is asked to print.
func (c *assessCmd) Run(a *app) error {
	if err := c.check(a.names); err != nil {
		return err
	}
	s, head, err := a.assessment(c)
	if err != nil {
		return err
	}
	if s.Journal, err = c.open(a, head); err != nil {
		return err
	}
	defer func() { _ = s.Journal.Close() }() // each line is on the disk already
	done := a.assessing(s)
	err = s.Run(a.ctx)
	done()
	if err != nil {
		return err
	}
	return c.print(a, s)
}

// check tells what is wrong before anybody is asked for credentials.
func (c *assessCmd) check(names catalogue) error {
	for i, name := range c.Control {
		wanted, err := names.wanted(name)
		if err != nil {
			return err
		}
		c.Control[i] = wanted
	}
	for i, name := range c.Standard {
		key, ok := names.standards.Key(name)
		if !ok {
			return unknownStandard(name, names.standards)
		}
		c.Standard[i] = key
	}
	if err := units(c.OU...); err != nil {
		return err
	}
	return accounts(c.Account...)
}

// query is what is asked, in one order however it is typed.
func (c *assessCmd) query() assess.Query {
	sorted := func(list several) []string {
		return slices.Compact(slices.Sorted(slices.Values(list)))
	}
	return assess.Query{
		Controls: sorted(c.Control), Standards: sorted(c.Standard), Accounts: sorted(c.Account), OUs: sorted(c.OU),
	}
}

// open opens the journal, and says so where it goes on with one.
func (c *assessCmd) open(a *app, head assess.Head) (*assess.Journal, error) {
	path := string(c.Journal)
	if path == "" {
		folder, err := cacheFolder("assess")
		if err != nil {
			return nil, fault.New(fault.Invalid, "%w: name a file with --journal", err)
		}
		path = filepath.Join(folder, head.Name())
	}
	j, err := assess.Open(path, head, c.Fresh)
	if err != nil || !j.Resumed {
		return j, err
	}
	began := j.Head.Began.UTC().Format("2006-01-02 15:04 UTC")
	if a.now().Sub(j.Head.Began) > assessedFor {
		a.warn("the assessment of %s is older than a day: begun anew", began)
		if err := j.Close(); err != nil {
			return nil, err
		}
		return assess.Open(path, head, true)
	}
	findings, work, answered := j.Known()
	a.warn("going on with the assessment of %s: %s, of which %d of %d resources are looked at; --fresh begins anew",
		began, counted(findings, "finding"), answered, work)
	return j, nil
}

// cacheFolder is a folder for what can be found out again.
func cacheFolder(name string) (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for what is found: %w", err)
	}
	return filepath.Join(folder, "salve", name), nil
}

// print writes the page, and prints the answer.
func (c *assessCmd) print(a *app, s *assess.Assessment) error {
	r := s.Report()
	sum, err := s.Summarise(r)
	if err != nil {
		return err
	}
	if c.HTML != "" {
		if err := writePage(string(c.HTML), sum, r); err != nil {
			return err
		}
	}
	if err := a.assessed(sum, r); err != nil {
		return err
	}
	if err := r.Err(); err != nil {
		return err
	}
	if c.HTML != "" {
		a.warn("the page is %s", c.HTML)
	}
	if sum.Total.Unlooked > 0 {
		return exit(exitNotFixed)
	}
	return nil
}

// writePage writes a file that is there whole or not at all.
func writePage(path string, sum assess.Summary, r *assess.Report) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".salve-*.html")
	if err != nil {
		return fault.New(fault.Invalid, "the page cannot be written, name another file with --html: %w", err)
	}
	err = assess.HTML(file, sum, r)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return cmp.Or(os.Remove(file.Name()), err)
	}
	return nil
}

// assessing shows how far an assessment is.
func (a *app) assessing(s *assess.Assessment) (done func()) {
	var at atomic.Pointer[assess.Progress]
	at.Store(&assess.Progress{})
	s.Said = func(p assess.Progress) { at.Store(&p) }
	return a.progressOf(func() string {
		p := at.Load()
		if p.Of == 0 {
			return fmt.Sprintf("Listing findings: %s about %s", counted(p.Findings, "finding"), counted(p.Work, "resource"))
		}
		return fmt.Sprintf("Looking at resources: %d of %d", p.Answered, p.Of)
	})
}
