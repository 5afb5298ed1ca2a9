package needs

import (
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Here tells that a key, where its name says a place at all, is of the target's account and Region. That of another
// account is others' to switch off, and then what was written under it is lost; that of another Region serves nothing.
func Here(key string, t control.Target) bool {
	at, err := arn.Parse(key)
	return err != nil || at.AccountID == t.Account && at.Region == t.Region
}

// OtherKey says of a key in a parameter that it is not Here.
func OtherKey(key, param string, t control.Target) error {
	return fault.New(fault.Refused, "key %s is of another account or Region: set %s to one of account %s in %s",
		key, param, t.Account, t.Region)
}
