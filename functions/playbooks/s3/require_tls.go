package s3

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// tlsSid names the statement, so that there is never more than one.
const tlsSid = "SalveRequireTLS"

// RequireTLS returns the control that lets a bucket refuse requests without encryption.
func RequireTLS() []control.Control {
	return []control.Control{control.Of[bucketPolicy]{
		Info: control.Info{
			ID: "S3.5",
			Effect: "Requests over plain HTTP are denied, for everybody. Visitors of a static website on the " +
				"bucket's own website endpoint are cut off: it speaks nothing else.",
			Fails: control.Fails{
				When: "The bucket policy does not explicitly deny requests that come without TLS " +
					"(aws:SecureTransport).",
				Rule: "s3-bucket-ssl-requests-only",
			},
			Impact:      control.ImpactInterrupts,
			Pattern:     bucketARN,
			Actions:     []string{"s3:GetBucketPolicy", "s3:PutBucketPolicy"},
			UndoActions: []string{"s3:DeleteBucketPolicy"},
		},
		Read:  readPolicy,
		Want:  requireTLS,
		Write: writePolicy,
	}.Control()}
}

// requireTLS adds its statement unless one of the same meaning is there, whatever its name.
func requireTLS(now bucketPolicy, env control.Env) (bucketPolicy, error) {
	arn := env.Target.Resource
	for _, raw := range now {
		if s := parse(raw); s.deniesPlain() && s.always() && s.everybody() && s.everything(arn) {
			return now, nil
		}
	}
	// What is replaced denies less than what takes its place; anything else by that name is not ours.
	if old, taken := now[tlsSid]; taken && !parse(old).deniesPlain() {
		return nil, fault.New(fault.Refused,
			"the bucket policy has a statement %q that is not about TLS: give it another Sid, then try again", tlsSid)
	}
	text, err := json.Marshal(map[string]any{
		"Sid": tlsSid, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []string{arn, arn + "/*"},
		"Condition": map[string]any{"Bool": map[string]string{secureTransport: "false"}},
	})
	if err != nil {
		return nil, fmt.Errorf("write the statement: %w", err)
	}
	to := maps.Clone(now)
	to[tlsSid] = text
	return to, nil
}

// secureTransport is the condition key for "the request came over TLS".
const secureTransport = "aws:SecureTransport"

// statement is what a statement of a policy says; one that cannot be read says nothing.
type statement struct {
	Effect                               string
	Principal, Action, Resource          any
	NotPrincipal, NotAction, NotResource any
	Condition                            map[string]map[string]any
}

func parse(raw json.RawMessage) statement {
	var s statement
	if err := json.Unmarshal(raw, &s); err != nil {
		return statement{}
	}
	return s
}

// deniesPlain tells a denial of requests without TLS, or of some of them.
func (s statement) deniesPlain() bool {
	if s.Effect != "Deny" {
		return false
	}
	for operator, keys := range s.Condition {
		if o := strings.ToLower(operator); o != "bool" && o != "boolifexists" {
			continue
		}
		for key, value := range keys {
			if strings.EqualFold(key, secureTransport) && strings.EqualFold(strings.Join(texts(value), ","), "false") {
				return true
			}
		}
	}
	return false
}

// always tells a statement with one condition and nothing that is exempt.
func (s statement) always() bool {
	for _, keys := range s.Condition {
		if len(keys) != 1 {
			return false
		}
	}
	return len(s.Condition) == 1 && s.NotAction == nil && s.NotResource == nil && s.NotPrincipal == nil
}

func (s statement) everybody() bool {
	if byKind, ok := s.Principal.(map[string]any); ok {
		return contains(byKind["AWS"], "*")
	}
	return contains(s.Principal, "*")
}

// everything tells a statement about all actions on the bucket and on its objects.
func (s statement) everything(arn string) bool {
	if !contains(s.Action, "*") && !contains(s.Action, "s3:*") {
		return false
	}
	return covers(s.Resource, arn) && covers(s.Resource, arn+"/*")
}

// covers takes a wildcard at the end alone; others are not needed to name a bucket.
func covers(patterns any, arn string) bool {
	for _, p := range texts(patterns) {
		prefix, wild := strings.CutSuffix(p, "*")
		if p == arn || wild && !strings.ContainsAny(prefix, "*?$") && strings.HasPrefix(arn, prefix) {
			return true
		}
	}
	return false
}

func contains(list any, want string) bool {
	for _, text := range texts(list) {
		if strings.EqualFold(text, want) {
			return true
		}
	}
	return false
}

// texts is a value that a policy may write alone or as a list, quoted or not.
func texts(v any) []string {
	switch x := v.(type) {
	case nil:
		return nil
	case []any:
		var out []string
		for _, e := range x {
			out = append(out, fmt.Sprint(e))
		}
		return out
	}
	return []string{fmt.Sprint(v)}
}
