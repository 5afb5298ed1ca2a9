// Package policydoc is the one reader and editor of IAM policy documents: what a
// statement says, whom it lets in, and how one is added or taken away without a
// byte of the others being changed. Source: the grammar of the IAM user guide,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
//
// What it cannot read is an error that wraps ErrUnreadable, never a harmless
// document: it is for the caller to say what that means.
package policydoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUnreadable means that a text is no policy as AWS defines one: nothing may be
// concluded from it, and nothing written over it.
var ErrUnreadable = errors.New("not a readable policy")

// version is the language that a new document is written in.
const version = `"2012-10-17"`

// Document is a policy with all that AWS keeps of it, as it was written. The zero
// Document is that of a resource without a policy.
type Document struct {
	members    []member // in their order, the statements among them
	statements []json.RawMessage
}

// member is a part of a document. The value of the statements is in Document.
type member struct {
	name  string
	value json.RawMessage
}

// statementsName is the name of the member with the statements.
const statementsName = "Statement"

// Read reads a document. A name that stands twice is an error at any depth: AWS
// accepts none, and readers do not agree on which one counts.
func Read(text string) (Document, error) {
	raw := []byte(text)
	if !json.Valid(raw) {
		return Document{}, fmt.Errorf("%w: it is not JSON", ErrUnreadable)
	}
	if err := namesOnce(raw, func(name string) string { return name }); err != nil {
		return Document{}, err
	}
	var d Document
	var err error
	if d.members, err = members(raw); err != nil {
		return Document{}, err
	}
	at := slices.IndexFunc(d.members, func(m member) bool { return m.name == statementsName })
	if at < 0 {
		return Document{}, fmt.Errorf("%w: it has no statements", ErrUnreadable)
	}
	if d.statements, err = list(d.members[at].value); err != nil {
		return Document{}, err
	}
	d.members[at].value = nil
	return d, nil
}

// members are the parts of a document in their order.
func members(raw []byte) ([]member, error) {
	if !isObject(raw) {
		return nil, fmt.Errorf("%w: it is no object", ErrUnreadable)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil { // the brace
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	var all []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		m := member{name: fmt.Sprint(name)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrUnreadable, m.name, err)
		}
		if err := spelling(m.name, statementsName, "Version", "Id"); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// list are the statements, of which a single one needs no list.
func list(raw json.RawMessage) ([]json.RawMessage, error) {
	if isObject(raw) {
		return []json.RawMessage{raw}, nil
	}
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil || all == nil {
		return nil, fmt.Errorf("%w: its statements are neither a statement nor a list", ErrUnreadable)
	}
	for i, one := range all {
		if !isObject(one) {
			return nil, fmt.Errorf("%w: statement %d is no object", ErrUnreadable, i+1)
		}
	}
	return all, nil
}

// Empty tells that there is no statement. AWS takes no such policy: it is deleted.
func (d Document) Empty() bool { return len(d.statements) == 0 }

// Text is the document for AWS. What was not changed is as it was written.
func (d Document) Text() (string, error) {
	all := d.members
	if len(all) == 0 {
		all = []member{{"Version", json.RawMessage(version)}, {statementsName, nil}}
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range all {
		name, err := encode(m.name)
		if err != nil {
			return "", err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(name)
		b.WriteByte(':')
		if m.name != statementsName {
			b.Write(m.value)
			continue
		}
		b.WriteByte('[')
		b.Write(bytes.Join(raws(d.statements), []byte(",")))
		b.WriteByte(']')
	}
	b.WriteByte('}')
	return b.String(), nil
}

func raws(all []json.RawMessage) [][]byte {
	out := make([][]byte, len(all))
	for i, one := range all {
		out[i] = one
	}
	return out
}

// encode writes JSON without escapes for HTML, which would count against the limit
// of a policy.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write the policy: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func isObject(raw []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) }

// spelling refuses a name that is one of the known ones in other capitals: AWS
// knows no such element, and a reader that does would see another policy.
func spelling(name string, known ...string) error {
	for _, k := range known {
		if name != k && strings.EqualFold(name, k) {
			return fmt.Errorf("%w: %q is spelt %q", ErrUnreadable, k, name)
		}
	}
	return nil
}

// namesOnce finds a name that stands twice in one object, at any depth. Names are
// the same when they are the same in the given form.
func namesOnce(raw []byte, form func(string) string) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // a number that no float can hold is none of our business
	return walk(dec, form)
}

func walk(dec *json.Decoder, form func(string) string) error {
	opening, err := dec.Token()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if opening != json.Delim('{') && opening != json.Delim('[') {
		return nil
	}
	seen := map[string]bool{}
	for dec.More() {
		if opening == json.Delim('{') {
			token, err := dec.Token()
			if err != nil {
				return fmt.Errorf("%w: %w", ErrUnreadable, err)
			}
			name := fmt.Sprint(token)
			if seen[form(name)] {
				return fmt.Errorf("%w: %q stands twice", ErrUnreadable, name)
			}
			seen[form(name)] = true
		}
		if err := walk(dec, form); err != nil {
			return err
		}
	}
	if _, err = dec.Token(); err != nil { // the end of it
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return nil
}
