package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// bucketPolicy is the policy of a bucket as a map of its statements: by Sid, and where that is missing or not
// the first of its name by a digest of what the statement says. A bucket without a policy has no statements.
type bucketPolicy map[string]json.RawMessage

// document is a policy as AWS stores it. What a control does not change stays as it was written.
type document struct {
	rest       map[string]json.RawMessage // Version, Id: all but the statements
	statements []json.RawMessage
}

func readPolicy(ctx context.Context, env control.Env) (bucketPolicy, error) {
	b := openBucket(env)
	doc, err := b.policy(ctx)
	if err != nil {
		return nil, err
	}
	out := bucketPolicy{}
	for i, key := range doc.keys() {
		if out[key], err = held(doc.statements[i]); err != nil {
			return nil, fmt.Errorf("statement %s: %w", key, err)
		}
	}
	return out, nil
}

// writePolicy reads again right before it writes: the call replaces the whole policy.
func writePolicy(ctx context.Context, env control.Env, from, to bucketPolicy) error {
	b := openBucket(env)
	doc, err := b.policy(ctx)
	if err != nil {
		return err
	}
	changed, err := doc.change(from, to)
	if err != nil || !changed {
		return err
	}
	if len(doc.statements) == 0 { // a policy cannot be empty
		_, err = b.client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{
			Bucket: b.name, ExpectedBucketOwner: b.owner,
		})
		return err
	}
	text, err := doc.text()
	if err != nil {
		return err
	}
	_, err = b.client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner, Policy: aws.String(text),
	})
	return err
}

// policy reads the policy of the bucket; none is an empty document.
func (b bucket) policy(ctx context.Context) (document, error) {
	doc := document{rest: map[string]json.RawMessage{}}
	out, err := b.client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if fault.Unset(err) {
		doc.rest["Version"] = json.RawMessage(`"2012-10-17"`)
		return doc, nil
	}
	if err != nil {
		return doc, err
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.Policy)), &doc.rest); err != nil {
		return doc, fmt.Errorf("read the policy of bucket %s: %w", *b.name, err)
	}
	statements := bytes.TrimSpace(doc.rest["Statement"])
	delete(doc.rest, "Statement")
	if bytes.HasPrefix(statements, []byte("{")) { // one statement needs no list
		doc.statements = []json.RawMessage{statements}
		return doc, nil
	}
	if err := json.Unmarshal(statements, &doc.statements); err != nil {
		return doc, fmt.Errorf("read the statements of bucket %s: %w", *b.name, err)
	}
	return doc, nil
}

// keys are the keys of the statements, in their order.
func (d document) keys() []string {
	out := make([]string, 0, len(d.statements))
	for _, raw := range d.statements {
		var named struct{ Sid string }
		if err := json.Unmarshal(raw, &named); err != nil || named.Sid == "" {
			named.Sid = "statement"
		} else if !slices.Contains(out, named.Sid) {
			out = append(out, named.Sid)
			continue
		}
		out = append(out, named.Sid+" "+fingerprint(raw))
	}
	return out
}

// change carries out what differs between two states and leaves all other statements alone.
func (d *document) change(from, to bucketPolicy) (changed bool, err error) {
	both := maps.Clone(from)
	maps.Copy(both, to)
	for _, key := range slices.Sorted(maps.Keys(both)) {
		if same(from[key], to[key]) {
			continue
		}
		at, now := slices.Index(d.keys(), key), json.RawMessage(nil)
		if at >= 0 {
			now = d.statements[at]
		}
		switch {
		case same(now, to[key]):
			continue
		case !same(now, from[key]):
			return false, fault.New(fault.Drifted, "statement %q was changed by somebody else while it was worked on", key)
		case at < 0:
			d.statements = append(d.statements, to[key])
		case to[key] == nil:
			d.statements = slices.Delete(d.statements, at, at+1)
		default:
			d.statements[at] = to[key]
		}
		changed = true
	}
	return changed, nil
}

// text is the policy for AWS. Without escapes, which would count against the limit of a policy.
func (d document) text() (string, error) {
	out := map[string]any{"Statement": d.statements}
	for k, v := range d.rest {
		out[k] = v
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		return "", fmt.Errorf("write the policy: %w", err)
	}
	return string(bytes.TrimSpace(b.Bytes())), nil
}

// held is a statement as a state can hold it. States drop empty texts and lists, which mean something in a
// condition; such a statement is kept as text, so that nothing takes it for another one.
func held(raw json.RawMessage) (json.RawMessage, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if !hasEmpty(v) {
		return raw, nil
	}
	text, err := json.Marshal(map[string]string{"Text": string(raw)})
	if err != nil {
		return nil, fmt.Errorf("keep as text: %w", err)
	}
	return text, nil
}

func hasEmpty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case []any:
		return len(x) == 0 || slices.ContainsFunc(x, hasEmpty)
	case map[string]any:
		return len(x) == 0 || slices.ContainsFunc(slices.Collect(maps.Values(x)), hasEmpty)
	}
	return false
}

// same compares statements by what they say, not by how they are written. None is nil.
func same(a, b json.RawMessage) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return fingerprint(a) == fingerprint(b)
}

// fingerprint is a short digest of a statement, whatever its blanks and the order of its fields.
func fingerprint(raw json.RawMessage) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return ""
	}
	canonical, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:6])
}
