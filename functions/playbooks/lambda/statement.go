package lambda

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// statement is what a permission grants, in one form however the policy writes it.
type statement struct {
	Sid          string                      `json:",omitempty"`
	Effect       string                      `json:",omitempty"`
	Resource     texts                       `json:",omitempty"`
	Principal    principals                  `json:",omitempty"`
	NotPrincipal principals                  `json:",omitempty"`
	Action       texts                       `json:",omitempty"`
	NotAction    texts                       `json:",omitempty"`
	Condition    map[string]map[string]texts `json:",omitempty"`
}

// grant is the statement without what its place in a plan says already: its id, its resource, and that it allows.
func (s statement) grant() statement {
	s.Sid, s.Effect, s.Resource = "", "", nil
	return s
}

// statements reads a list, or the single statement that a policy may hold instead.
type statements []statement

// UnmarshalJSON reads both forms.
func (s *statements) UnmarshalJSON(raw []byte) error {
	if !bytes.HasPrefix(raw, []byte("[")) {
		raw = slices.Concat([]byte("["), raw, []byte("]"))
	}
	var many []statement
	if err := json.Unmarshal(raw, &many); err != nil {
		return fmt.Errorf("statement: %w", err)
	}
	*s = many
	return nil
}

// texts is what policies write as one value or as a list; in order, because theirs means nothing.
type texts []string

// UnmarshalJSON reads both forms, and numbers and booleans as their text.
func (t *texts) UnmarshalJSON(raw []byte) error {
	var many []any
	if !bytes.HasPrefix(raw, []byte("[")) {
		raw = slices.Concat([]byte("["), raw, []byte("]"))
	}
	if err := json.Unmarshal(raw, &many); err != nil {
		return fmt.Errorf("value %s: want a text or a list: %w", raw, err)
	}
	*t = make(texts, 0, len(many))
	for _, one := range many {
		*t = append(*t, fmt.Sprint(one))
	}
	slices.Sort(*t)
	return nil
}

// principals are the principals of a statement by their kind; everybody has the kind "*".
type principals map[string]texts

// UnmarshalJSON reads a map, or the single "*".
func (p *principals) UnmarshalJSON(raw []byte) error {
	byKind := map[string]texts{}
	if bytes.HasPrefix(raw, []byte(`"`)) {
		var one texts
		if err := one.UnmarshalJSON(raw); err != nil {
			return err
		}
		byKind["*"] = one
	} else if err := json.Unmarshal(raw, &byKind); err != nil {
		return fmt.Errorf("principal: want * or kinds with their names: %w", err)
	}
	*p = byKind
	return nil
}

// public tells that callers of any account get in: everybody, or an AWS service, which acts for all its
// customers, and no condition says whose callers or sources are meant.
func (s statement) public() bool {
	return s.Effect == "Allow" && s.anyAccount() && !s.bounded()
}

func (s statement) anyAccount() bool {
	if len(s.NotPrincipal) > 0 {
		return true
	}
	for kind, names := range s.Principal {
		switch kind {
		case "Service":
			return true
		case "*", "AWS":
			if slices.ContainsFunc(names, func(n string) bool { return n == "" || strings.Contains(n, "*") }) {
				return true
			}
		}
	}
	return false
}

// bounded looks for one condition that alone keeps strangers out. All conditions must hold, so one is enough;
// any of a condition's values may hold, so each must be fixed.
func (s statement) bounded() bool {
	for operator, keys := range s.Condition {
		if !compares(operator) {
			continue
		}
		for key, values := range keys {
			fixed := fixedValue(key)
			if fixed == nil || len(values) == 0 {
				continue
			}
			if !slices.ContainsFunc(values, func(v string) bool { return !fixed.MatchString(v) }) {
				return true
			}
		}
	}
	return false
}

// compares tells operators that let nobody in without the value. Those with IfExists or ForAllValues let in
// who has no value at all, and negated ones let in everybody but a few.
func compares(operator string) bool {
	switch strings.ToLower(strings.TrimPrefix(operator, "ForAnyValue:")) {
	case "stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike":
		return true
	}
	return false
}

// fixedValue is what a value of a condition key must look like to name an account, an organisation, a network
// or a partner's secret; nil for keys that name none of them. A bucket's ARN has no account in it: who deletes
// a bucket leaves its name to strangers.
func fixedValue(key string) *regexp.Regexp {
	switch strings.ToLower(key) {
	case "aws:sourceaccount", "aws:sourceowner", "aws:principalaccount":
		return regexp.MustCompile(`^\d{12}$`)
	case "aws:sourcearn", "aws:principalarn":
		return regexp.MustCompile(`^arn:[^:$]*:[^:$]*:[^:$]*:\d{12}:[^$]+$`)
	case "aws:sourceorgid", "aws:principalorgid":
		return regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	case "aws:sourceorgpaths", "aws:principalorgpaths":
		return regexp.MustCompile(`^o-[a-z0-9]{10,32}/[^$]*$`)
	case "aws:sourcevpc", "aws:sourcevpce", "lambda:eventsourcetoken":
		return regexp.MustCompile(`^[^*?$]+$`)
	}
	return nil
}
