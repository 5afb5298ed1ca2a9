package assess

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"github.com/salve-security/salve/internal/fault"
)

const (
	version  = 1  // of the journal's form
	maxLoose = 64 // answers that may be lost with the machine
)

// Head is the first line of a journal: what it is about. An answer holds for it alone.
type Head struct {
	Version int       `json:"version"`
	Query   Query     `json:"query"`
	Release string    `json:"release"`
	Account string    `json:"account"` // where findings are listed
	Region  string    `json:"region"`
	As      string    `json:"as"`               // how members are entered
	Config  string    `json:"config,omitempty"` // hash of the configuration in force
	Of      []string  `json:"of,omitempty"`     // the accounts that it is narrowed to
	Others  bool      `json:"others,omitempty"` // scores count the controls that were not asked about too, as they are
	Began   time.Time `json:"began"`
}

// other says in what a journal is about something else; empty where it is about the same.
func (h Head) other(want Head) string {
	switch {
	case h.Version != want.Version:
		return fmt.Sprintf("has form %d, this program writes %d", h.Version, want.Version)
	case !reflect.DeepEqual(h.Query, want.Query), h.Others != want.Others:
		return "answers another question"
	case h.Release != want.Release:
		return fmt.Sprintf("was begun by release %s, this is %s", h.Release, want.Release)
	case h.Account != want.Account || h.Region != want.Region:
		return fmt.Sprintf("is of account %s in %s", h.Account, h.Region)
	case h.As != want.As:
		return "entered accounts in another way, " + h.As
	case h.Config != want.Config:
		return "goes by a configuration that is not in force any more"
	}
	return ""
}

// line is one line of a journal: one of its fields.
type line struct {
	Head    *Head    `json:"head,omitempty"`
	Part    *int     `json:"part,omitempty"`  // is begun: what was counted of it before is forgotten
	Ended   *int     `json:"ended,omitempty"` // this part is
	Unit    *Unit    `json:"unit,omitempty"`
	Page    *page    `json:"page,omitempty"`
	Checked *checked `json:"checked,omitempty"`
	Listed  bool     `json:"listed,omitempty"`
	Answer  *Answer  `json:"answer,omitempty"`
}

// page is what one page of findings counts.
type page struct {
	Found       []found `json:"found,omitempty"`
	Disbelieved int     `json:"disbelieved,omitempty"` // findings that contradict themselves
}

// found are findings of one page about one piece of work.
type found struct {
	Number int      `json:"n"`
	Count  int      `json:"count"`
	Failed []string `json:"failed,omitempty"` // standards that fail by them
	Unsure []string `json:"unsure,omitempty"` // standards in which they say WARNING
}

// checked are the controls of a standard without a failure, by what Security Hub has of them.
type checked struct {
	Standard string   `json:"standard"`
	Passed   []string `json:"passed,omitempty"`
	Unsure   []string `json:"unsure,omitempty"`
	Failed   []string `json:"failed,omitempty"` // of those that were not asked about
}

// Journal is a file of lines that are only ever added. It keeps in memory where each piece of work stands in the file,
// and no text of it. It is safe for concurrent use.
type Journal struct {
	Head    Head
	Resumed bool // it was there before

	mu    sync.Mutex
	file  *os.File
	size  int64
	torn  bool                 // a line could not be written whole: nothing more is
	loose int                  // lines that are not on the disk yet
	sync  func(*os.File) error // puts them there
	known index
}

// Open opens the journal of what want is about, and makes it where there is none; fresh forgets what is there. No
// two processes have the same one.
func Open(path string, want Head, fresh bool) (*Journal, error) {
	want.Version = version
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the journal: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal, name another with --journal: %w", err)
	}
	j := &Journal{file: file, sync: (*os.File).Sync, known: newIndex()}
	if err := j.begin(path, want, fresh); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *Journal) begin(path string, want Head, fresh bool) error {
	if err := Lock(j.file); err != nil {
		return fault.New(fault.Refused, "another process is at work with the journal %s: wait for it, or name another "+
			"with --journal", path)
	}
	if !fresh {
		if err := j.load(path); err != nil {
			return err
		}
	}
	if j.size > 0 {
		if why := j.Head.other(want); why != "" {
			return fault.New(fault.Refused, "the journal %s %s: begin anew with --fresh, or name another with --journal",
				path, why)
		}
		j.Resumed = true
	}
	if err := j.file.Truncate(j.size); err != nil { // a last line that was torn
		return fmt.Errorf("write the journal: %w", err)
	}
	if j.size > 0 {
		return nil
	}
	j.Head, j.known = want, newIndex()
	return j.add(line{Head: &want})
}

// load reads what is there up to the last line that is whole.
func (j *Journal) load(path string) error {
	reader := bufio.NewReader(j.file)
	for n := 0; ; n++ {
		text, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the journal %s: %w", path, err)
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil || n == 0 && l.Head == nil {
			return fault.New(fault.Refused, "line %d of %s is none of a journal: begin anew with --fresh, or name another "+
				"with --journal", n+1, path)
		}
		if l.Head != nil {
			j.Head = *l.Head
		}
		j.known.take(l, j.size)
		j.size += int64(len(text))
	}
}

// add writes lines: a process that dies leaves them. For a machine that dies they are put on the disk, answers some at
// a time: what is lost of them is looked at again.
func (j *Journal) add(lines ...line) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.torn {
		return fault.New(fault.Unknown, "the journal could not be written, so nothing more is")
	}
	var text []byte
	at := make([]int64, len(lines))
	for i, l := range lines {
		one, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("write the journal: %w", err)
		}
		at[i] = j.size + int64(len(text))
		text = append(append(text, one...), '\n')
	}
	_, err := j.file.WriteAt(text, j.size)
	if j.loose++; err == nil && (lines[0].Answer == nil || j.loose >= maxLoose) {
		j.loose, err = 0, j.sync(j.file)
	}
	if err != nil {
		j.torn = true
		return fmt.Errorf("write the journal, make room or name another with --journal: %w", err)
	}
	j.size += int64(len(text))
	for i, l := range lines {
		j.known.take(l, at[i])
	}
	return nil
}

// read is the line at a place.
func (j *Journal) read(at int64) (line, error) {
	var l line
	j.mu.Lock()
	left := j.size - at
	j.mu.Unlock()
	text, err := bufio.NewReader(io.NewSectionReader(j.file, at, left)).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err != nil {
		return l, fmt.Errorf("read the journal: %w", err)
	}
	return l, nil
}

// Close lets others have the journal.
func (j *Journal) Close() error {
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// Name is what the journal of a question is called where nobody names it.
func (h Head) Name() string {
	about := []any{h.Query, h.As}
	if h.Others {
		about = append(about, h.Others)
	}
	text, _ := json.Marshal(about) // texts, which JSON always has
	sum := sha256.Sum256(text)
	return h.Account + "-" + h.Region + "-" + hex.EncodeToString(sum[:4]) + ".jsonl"
}

// Known is how many findings are listed, about how many resources, and how many of these are looked at.
func (j *Journal) Known() (findings, work, answered int) {
	for _, e := range j.known.units {
		if e.findings > 0 {
			work++
			if e.answered > 0 {
				answered++
			}
		}
	}
	return j.known.findings, work, answered
}
