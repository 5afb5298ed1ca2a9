package backfill

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/assess"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
)

// Head is the first line of a journal: what it is about.
type Head struct {
	Version int       `json:"version"`
	ID      string    `json:"id"`    // ids of events begin with it
	About   string    `json:"about"` // controls and places
	Began   time.Time `json:"began"`
}

const version = 1 // of the journal's form

// line is one line of a journal: one of its fields.
type line struct {
	Head   *Head `json:"head,omitempty"`
	Page   *page `json:"page,omitempty"`
	Listed bool  `json:"listed,omitempty"`
	Begun  bool  `json:"begun,omitempty"` // from here on the queue may have something
	// Done are findings, by their numbers, that were sent, or that need not be any more.
	Done *done `json:"done,omitempty"`
}

// page is what is kept of a page of findings.
type page struct {
	Found []found        `json:"found,omitempty"`
	Left  map[string]int `json:"left,omitempty"` // how many would come to nothing, by the reason
}

// done are findings that are dealt with.
type done struct {
	Sent    []int `json:"sent,omitempty"`
	Settled []int `json:"settled,omitempty"` // Security Hub says something else by now
}

// found is what is kept of a finding: enough to look it up.
type found struct {
	Key      finding.Key `json:"key"`
	Severity string      `json:"severity,omitempty"`
	Seen     time.Time   `json:"seen"` // first
}

func foundOf(raw finding.Raw) found {
	out := found{
		Key: finding.Key{API: finding.ASFF, ID: raw.ID, ProductArn: raw.ProductArn, Account: raw.AwsAccountID},
	}
	if finding.KnownSeverity(raw.Severity.Label) {
		out.Severity = raw.Severity.Label
	}
	for _, text := range []string{raw.FirstSeen, raw.CreatedAt, raw.UpdatedAt} {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			out.Seen = at
			break
		}
	}
	return out
}

// entry is what memory keeps of a finding.
type entry struct {
	at       int64 // where the line of its page stands
	place    uint8 // on that page
	severity uint8 // its place among Severities
	done     bool
	seen     int64 // first, in seconds
}

// index is what memory keeps of a journal.
type index struct {
	entries       []entry
	known         map[[16]byte]bool // a page may hand out again what the one before it had
	left          map[string]int
	listed, begun bool
	sent, settled int
}

func newIndex() index { return index{known: map[[16]byte]bool{}, left: map[string]int{}} }

func (x *index) count() int { return len(x.entries) }

// Severities are the labels in the order in which findings are sent; what has none comes last.
func Severities() []string { return []string{"CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", ""} }

// take takes up a line that stands at a place.
func (x *index) take(l line, at int64) {
	switch {
	case l.Page != nil:
		x.page(*l.Page, at)
	case l.Listed:
		x.listed = true
		x.known = nil // it has served
	case l.Begun:
		x.begun = true
	case l.Done != nil:
		x.sent, x.settled = x.sent+len(l.Done.Sent), x.settled+len(l.Done.Settled)
		for _, n := range slices.Concat(l.Done.Sent, l.Done.Settled) {
			if n >= 0 && n < len(x.entries) {
				x.entries[n].done = true
			}
		}
	}
}

func (x *index) page(p page, at int64) {
	for why, n := range p.Left {
		x.left[why] += n
	}
	for i, f := range p.Found {
		var key [16]byte
		sum := sha256.Sum256([]byte(strings.Join([]string{f.Key.ID, f.Key.ProductArn, f.Key.Account}, "\x00")))
		if copy(key[:], sum[:]); x.known[key] {
			continue
		}
		x.known[key] = true
		x.entries = append(x.entries, entry{
			at: at, place: uint8(i), //nolint:gosec // a page has a hundred
			severity: uint8(slices.Index(Severities(), f.Severity)), //nolint:gosec // there are six
			seen:     f.Seen.Unix(),
		})
	}
}

// order are the numbers of what is still to be sent: the gravest first, of these the oldest.
func (x *index) order() (out []int) {
	for n, e := range x.entries {
		if !e.done {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(n, m int) int {
		e, f := x.entries[n], x.entries[m]
		return cmp.Or(cmp.Compare(e.severity, f.severity), cmp.Compare(e.seen, f.seen))
	})
	return out
}

// Journal is a file of lines that are only ever added. It keeps in memory where each finding stands in the file, and
// no text of it.
type Journal struct {
	Head    Head
	Resumed bool // a part of it was sent, or may have been

	path  string
	file  *os.File
	size  int64
	torn  bool // a line could not be written whole: nothing more is
	sync  func(*os.File) error
	known index
}

// Open opens the journal of what want is about. One of which nothing can have been sent, that is about something else
// or was begun before since is begun anew. No two processes have the same one.
func Open(path string, want Head, since time.Time) (*Journal, error) {
	want.Version = version
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the journal: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	j := &Journal{path: path, file: file, sync: (*os.File).Sync, known: newIndex()}
	if err := j.begin(want, since); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *Journal) begin(want Head, since time.Time) error {
	if err := assess.Lock(j.file); err != nil {
		return fault.New(fault.Refused, "another process sends the same: wait for it, and see salve history --open")
	}
	j.load()
	same := j.Head.Version == want.Version && j.Head.About == want.About && !j.Head.Began.Before(since)
	if j.Resumed = same && j.known.listed && j.known.begun; !j.Resumed {
		j.size = 0
	}
	if err := j.file.Truncate(j.size); err != nil { // a last line that was torn
		return fmt.Errorf("write the journal: %w", err)
	}
	if j.Resumed {
		return nil
	}
	j.Head, j.known = want, newIndex()
	return j.add(line{Head: &want})
}

// load reads what is there up to the first line that cannot be read: what is behind it was sent by nobody, or is sent
// again under the same id.
func (j *Journal) load() {
	reader := bufio.NewReader(j.file)
	for {
		text, err := reader.ReadBytes('\n')
		if err != nil {
			return
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return
		}
		if l.Head != nil {
			j.Head = *l.Head
		}
		j.known.take(l, j.size)
		j.size += int64(len(text))
	}
}

// add puts a line on the disk.
func (j *Journal) add(l line) error {
	if j.torn {
		return fault.New(fault.Unknown, "the journal could not be written, so nothing more is sent")
	}
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	text = append(text, '\n')
	if _, err = j.file.WriteAt(text, j.size); err == nil {
		err = j.sync(j.file)
	}
	if err != nil {
		j.torn = true
		return fmt.Errorf("write the journal %s, make room: %w", j.path, err)
	}
	j.known.take(l, j.size)
	j.size += int64(len(text))
	return nil
}

// read is the finding of a number.
func (j *Journal) read(n int) (found, error) {
	e := j.known.entries[n]
	text, err := bufio.NewReader(io.NewSectionReader(j.file, e.at, j.size-e.at)).ReadBytes('\n')
	var l line
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err == nil && (l.Page == nil || int(e.place) >= len(l.Page.Found)) {
		err = errors.New("a finding is not where it was")
	}
	if err != nil {
		return found{}, fmt.Errorf("read the journal: %w", err)
	}
	return l.Page.Found[e.place], nil
}

// Close lets others have the journal; what is done with is removed.
func (j *Journal) Close() error {
	var err error
	if x := j.known; x.listed && x.sent+x.settled == x.count() {
		err = os.Remove(j.path)
	}
	if err := errors.Join(err, j.file.Close()); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// Count is how many findings have something in common.
type Count struct {
	Severity string `json:"severity"` // empty where it is none of AWS's
	Findings int    `json:"findings"`
}

// Left is how many findings are left alone for a reason.
type Left struct {
	Because  string `json:"because"`
	Findings int    `json:"findings"`
}

// Summary is what a backfill is about, and how far it is.
type Summary struct {
	Open     int     `json:"open"` // findings to be sent, those that were sent included
	Sent     int     `json:"sent"`
	Settled  int     `json:"settled"` // of open: Security Hub says something else by now
	Severity []Count `json:"by_severity"`
	Left     []Left  `json:"left"` // beside these: nothing would come of them
}

// Summary is what is known by now.
func (j *Journal) Summary() Summary {
	x := j.known
	out := Summary{Open: x.count(), Sent: x.sent, Settled: x.settled, Severity: []Count{}, Left: []Left{}}
	var per [6]int
	for _, e := range x.entries {
		per[e.severity]++
	}
	for i, n := range per {
		if n > 0 {
			out.Severity = append(out.Severity, Count{Severities()[i], n})
		}
	}
	for why, n := range x.left {
		out.Left = append(out.Left, Left{why, n})
	}
	slices.SortFunc(out.Left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(b.Findings, a.Findings), cmp.Compare(a.Because, b.Because))
	})
	return out
}
