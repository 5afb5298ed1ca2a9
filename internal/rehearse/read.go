package rehearse

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
)

// Entry is one event, or one finding without an event.
type Entry struct {
	Place string // file and line

	body []byte
	bare bool // a finding, as GetFindings returns it
	none bool // what this release does not read: no finding for the function either
}

// largest is how much is read for one entry. A message carries 1 MB, and the decoder reads ahead.
const largest = 8 << 20

// Read hands out the entries of a file one after the other and keeps none of them: events as EventBridge delivers
// them, what GetFindings returned, findings alone; one a line, one after the other, or in a list.
func Read(from io.Reader, name string, each func(Entry) error) error {
	counted := &lines{from: from}
	r := &reader{name: name, lines: counted, decoder: json.NewDecoder(counted), each: each}
	for {
		token, err := r.decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return r.wrong(err)
		}
		switch token {
		case json.Delim('['):
			err = r.list()
		case json.Delim('{'):
			err = r.object()
		default:
			err = r.wrong(errors.New("is a value alone, not an event, a finding or a list of them"))
		}
		if err != nil {
			return err
		}
	}
}

type reader struct {
	name    string
	lines   *lines
	decoder *json.Decoder
	each    func(Entry) error
}

// list reads what stands in a list that was opened.
func (r *reader) list() error {
	for r.decoder.More() {
		r.lines.forget()
		var raw json.RawMessage
		if err := r.decoder.Decode(&raw); err != nil {
			return r.wrong(err)
		}
		if err := r.entry(raw, r.decoder.InputOffset()-int64(len(raw))); err != nil {
			return err
		}
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.wrong(err)
	}
	return nil
}

// object reads one that was opened: what GetFindings returned is a list in it, anything else is an entry, with its keys
// as they are, also those that are given twice.
func (r *reader) object() error {
	at, listed := r.decoder.InputOffset()-1, false
	r.lines.forget()
	whole := bytes.NewBufferString("{")
	for r.decoder.More() {
		key, err := r.decoder.Token()
		switch {
		case err != nil:
			return r.wrong(err)
		case key == "Findings", key == "findings":
			listed = true
			err = r.listed()
		default:
			err = r.field(whole, key)
		}
		if err != nil {
			return err
		}
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.wrong(err)
	}
	if listed {
		return nil
	}
	return r.entry(append(whole.Bytes(), '}'), at)
}

// listed reads the list that a key has.
func (r *reader) listed() error {
	if opened, err := r.decoder.Token(); err != nil || opened != json.Delim('[') {
		return r.wrong(errors.Join(err, errors.New("has Findings that are no list")))
	}
	return r.list()
}

// field appends a key and its value to an object.
func (r *reader) field(object *bytes.Buffer, key json.Token) error {
	var value json.RawMessage
	if err := r.decoder.Decode(&value); err != nil {
		return r.wrong(err)
	}
	name, err := json.Marshal(key)
	if err != nil {
		return r.wrong(err)
	}
	if object.Len() > 1 {
		object.WriteByte(',')
	}
	fmt.Fprintf(object, "%s:%s", name, value)
	return nil
}

// entry hands out a value that began at an offset.
func (r *reader) entry(raw []byte, at int64) error {
	e := Entry{Place: r.place(at), body: raw}
	var shape struct {
		Salve      json.RawMessage `json:"salve"`
		DetailType json.RawMessage `json:"detail-type"`
		Product    json.RawMessage `json:"ProductArn"`
		Account    json.RawMessage `json:"AwsAccountId"`
		Class      json.RawMessage `json:"class_uid"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		return fault.New(fault.Invalid, "%s: is not an event, nor a finding", e.Place)
	}
	switch {
	case shape.DetailType != nil || shape.Salve != nil:
	case shape.Product != nil && shape.Account != nil:
		e.bare = true
	case shape.Class != nil:
		e.none = true
	default:
		return fault.New(fault.Invalid, "%s: is neither an event as EventBridge delivers it nor a finding as GetFindings "+
			"returns it", e.Place)
	}
	return r.each(e)
}

// wrong says where something cannot be read.
func (r *reader) wrong(err error) error {
	place := r.place(r.decoder.InputOffset())
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "%s: ends in the middle", place)
	}
	return fault.New(fault.Invalid, "%s: %w", place, err)
}

func (r *reader) place(at int64) string { return fmt.Sprintf("%s, line %d", r.name, r.lines.upTo(at)) }

// lines counts the lines of what is read, and bounds how much is read for one entry.
type lines struct {
	from    io.Reader
	read    int64   // bytes so far
	since   int64   // of them, up to the last entry
	breaks  []int64 // where lines ended, since the last entry
	counted int     // lines that ended before those
}

// Read counts.
func (l *lines) Read(p []byte) (int, error) {
	if l.read-l.since > largest {
		return 0, fmt.Errorf("is larger than any event: more than %d MB", largest>>20)
	}
	n, err := l.from.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.breaks = append(l.breaks, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err //nolint:wrapcheck // a reader's error is its own, io.EOF above all
}

// forget begins a new entry.
func (l *lines) forget() { l.since = l.read }

// upTo is the line that an offset is in. Offsets only grow from entry to entry.
func (l *lines) upTo(at int64) int {
	passed := 0
	for passed < len(l.breaks) && l.breaks[passed] < at {
		passed++
	}
	l.counted += passed
	l.breaks = append(l.breaks[:0], l.breaks[passed:]...)
	return l.counted + 1
}

// event is the entry as the function would get it. A finding alone is one that Security Hub reports now.
func (e Entry) event(s Stage) (finding.Event, error) {
	if e.none {
		return finding.Event{Kind: finding.Unknown}, nil
	}
	body := e.body
	if e.bare {
		var err error
		if body, err = enveloped(body, s); err != nil {
			return finding.Event{}, fault.New(fault.Invalid, "%s: %w", e.Place, err)
		}
	}
	event, err := finding.Decode(body)
	if err != nil {
		return event, fault.New(fault.Invalid, "%s: the function could not read it either: %w", e.Place, err)
	}
	return event, nil
}

// enveloped puts a finding into the event that would report it at the time of the rehearsal.
func enveloped(raw []byte, s Stage) ([]byte, error) {
	var f struct {
		Account string `json:"AwsAccountId"`
		Region  string `json:"Region"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("is not a finding: %w", err)
	}
	if s.Hub != "" {
		f.Account = s.Hub
	}
	if !account.MatchString(f.Account) {
		f.Account = "000000000000" // nobody's: the finding is not believed, and that is what is to be said
	}
	if !names.IsRegion(f.Region) {
		f.Region = "us-east-1"
	}
	return fmt.Appendf(nil, `{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported",`+
		`"id":"rehearsal",`+
		`"account":%q,"region":%q,"time":%q,"detail":{"findings":[%s]}}`,
		f.Account, f.Region, s.At.UTC().Format(time.RFC3339), raw), nil
}

var account = regexp.MustCompile(`^[0-9]{12}$`)
