package s3

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// tlsSid names the statement, so that there is never more than one.
const tlsSid = "SalveRequireTLS"

// mostPolicy is how many bytes a bucket policy may take. Source: S3 user guide, quotas.
const mostPolicy = 20 << 10

// RequireTLS returns the control that lets a bucket refuse requests without encryption.
func RequireTLS() []control.Control {
	return []control.Control{control.Of[policydoc.State]{
		Info: control.Info{
			ID: "S3.5", Writes: "s3.bucket-policy",
			Effect: "Requests over plain HTTP are denied, for everybody. Visitors of a static website on the " +
				"bucket's own website endpoint are cut off: it speaks nothing else.",
			Fails: control.Fails{
				When: "The bucket policy does not explicitly deny all requests that come without TLS " +
					"(aws:SecureTransport): of everybody, to the bucket and its objects, on no other condition.",
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

// requireTLS adds its statement unless others say the same, whatever their names. What cannot be read denies nothing.
func requireTLS(now policydoc.State, env control.Env) (policydoc.State, error) {
	arn := env.Target.Resource
	var readable []policydoc.Statement
	for _, raw := range now {
		if s, err := policydoc.ReadStatement(raw); err == nil {
			readable = append(readable, s)
		}
	}
	if policydoc.RequiresTLS(readable, "s3", arn, arn+"/*") {
		return now, nil
	}
	// What is replaced denies less than what takes its place; anything else by that name is not ours.
	if old, taken := now[tlsSid]; taken {
		if s, err := policydoc.ReadStatement(old); err != nil || !s.DeniesPlaintext() {
			return nil, fault.New(fault.Refused,
				"the bucket policy has a statement %q that is not about TLS: give it another Sid, then try again", tlsSid)
		}
	}
	text, err := json.Marshal(map[string]any{
		"Sid": tlsSid, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []string{arn, arn + "/*"},
		"Condition": map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
	})
	if err != nil {
		return nil, fmt.Errorf("write the statement: %w", err)
	}
	to := maps.Clone(now)
	to[tlsSid] = text
	return to, to.Fits(mostPolicy)
}
