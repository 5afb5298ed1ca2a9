package policydoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Statement is what a statement says, in one form however it is written. An element
// that is not there is nil; one that is there and empty is not. As JSON it can be
// part of a state.
type Statement struct {
	Sid          string     `json:",omitempty"`
	Effect       string     `json:",omitempty"` // Allow or Deny
	Resource     Values     `json:",omitempty"`
	NotResource  Values     `json:",omitempty"`
	Principal    Principals `json:",omitempty"`
	NotPrincipal Principals `json:",omitempty"`
	Action       Values     `json:",omitempty"`
	NotAction    Values     `json:",omitempty"`
	// Condition is the values by operator and key; capitals mean nothing in either.
	Condition map[string]map[string]Values `json:",omitempty"`
}

// Statements reads all statements. One that cannot be read makes it an error.
func (d Document) Statements() ([]Statement, error) {
	out := make([]Statement, 0, len(d.statements))
	for _, raw := range d.statements {
		s, err := ReadStatement(raw)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// ReadStatement reads one statement of a document or of a State. A statement that a
// State holds as text is unreadable.
func ReadStatement(raw json.RawMessage) (Statement, error) {
	if !json.Valid(raw) || !isObject(raw) {
		return Statement{}, fmt.Errorf("%w: a statement is no object", ErrUnreadable)
	}
	// Capitals mean nothing in the names of a condition: two that differ in them only are one.
	if err := namesOnce(raw, strings.ToLower); err != nil {
		return Statement{}, err
	}
	if err := elements(raw); err != nil {
		return Statement{}, err
	}
	var s Statement
	if err := json.Unmarshal(raw, &s); err != nil {
		return Statement{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if s.Effect != "Allow" && s.Effect != "Deny" {
		return Statement{}, fmt.Errorf("%w: the effect of statement %q is %q", ErrUnreadable, s.Sid, s.Effect)
	}
	return s, nil
}

// elements checks the names of a statement and of its principals. Others than AWS
// knows today are left alone in a statement, where they can only say more; another
// kind of principal could be anybody.
func elements(raw json.RawMessage) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	for name, value := range all {
		err := spelling(name, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
			"Resource", "NotResource", "Condition")
		if err != nil {
			return err
		}
		if name != "Principal" && name != "NotPrincipal" || !isObject(value) {
			continue
		}
		var kinds map[string]json.RawMessage
		if err := json.Unmarshal(value, &kinds); err != nil {
			return fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		for kind := range kinds {
			if !slices.Contains([]string{byAWS, byService, byCanonical, "Federated"}, kind) {
				return fmt.Errorf("%w: %q is no kind of principal", ErrUnreadable, kind)
			}
		}
	}
	return nil
}

// Values is what policies write as one value or as a list; in order, because theirs
// means nothing. Numbers and booleans are their text.
type Values []string

// UnmarshalJSON reads both forms.
func (v *Values) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	if bytes.Equal(raw, []byte("null")) {
		*v = nil
		return nil
	}
	if !bytes.HasPrefix(raw, []byte("[")) {
		raw = slices.Concat([]byte("["), raw, []byte("]"))
	}
	var many []json.RawMessage
	if err := json.Unmarshal(raw, &many); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	out := make(Values, 0, len(many))
	for _, one := range many {
		text, err := scalar(bytes.TrimSpace(one))
		if err != nil {
			return err
		}
		out = append(out, text)
	}
	slices.Sort(out)
	*v = out
	return nil
}

// scalar is the text of a value that is no list.
func scalar(raw []byte) (string, error) {
	switch {
	case bytes.HasPrefix(raw, []byte(`"`)):
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		return text, nil
	case len(raw) == 0, bytes.ContainsAny(raw[:1], "[{n"):
		return "", fmt.Errorf("%w: a value is neither a text nor a list of texts", ErrUnreadable)
	}
	return string(raw), nil // a number, true, false
}

// has tells that a value is among the values, whatever its capitals.
func (v Values) has(want string) bool {
	return slices.ContainsFunc(v, func(one string) bool { return strings.EqualFold(one, want) })
}

// Kinds of principals. Everybody is a kind of its own here: a policy writes it
// without one.
const (
	everybody   = "*"
	byAWS       = "AWS"
	byService   = "Service"
	byCanonical = "CanonicalUser"
)

// Principals are the principals of a statement by their kind; everybody has the
// kind "*".
type Principals map[string]Values

// UnmarshalJSON reads a map, or the single "*".
func (p *Principals) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	byKind := map[string]Values{}
	switch {
	case bytes.Equal(raw, []byte("null")):
		*p = nil
		return nil
	case bytes.HasPrefix(raw, []byte(`"`)):
		var one Values
		if err := one.UnmarshalJSON(raw); err != nil {
			return err
		}
		byKind[everybody] = one
	default:
		if err := json.Unmarshal(raw, &byKind); err != nil {
			return fmt.Errorf("%w: a principal is neither * nor a map of kinds: %w", ErrUnreadable, err)
		}
	}
	*p = byKind
	return nil
}
