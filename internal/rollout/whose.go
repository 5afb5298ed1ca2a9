package rollout

import (
	"cmp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/stack"
)

// A stack is Salve's by its parameters, not by its name, which anybody may give. What is not Salve's is neither changed
// nor deleted, whatever somebody says.

// hollow tells whether a change set was made for a stack and never carried out: it holds nothing, and CloudFormation
// shows no parameters of it.
func hollow(s stack.State) bool {
	return !s.Exists() || s.Status == types.StackStatusReviewInProgress && len(s.Parameters) == 0
}

// has tells whether a stack has a parameter of that name.
func has(s stack.State, parameter string) bool {
	_, there := s.Parameters[parameter]
	return there
}

// ownHub refuses a stack that is called as the hub's and is none.
func ownHub(s stack.State) error {
	if hollow(s) || has(s, paramBucket) && has(s, paramKey) && (has(s, paramRevision) || has(s, paramLive)) {
		return nil
	}
	return stranger(s)
}

// ownMember refuses a stack that is called as a member's and is none.
func ownMember(s stack.State) error {
	role := s.Parameters[paramRole] // the template takes no other than that of a hub
	if hollow(s) || strings.HasPrefix(role, "arn:") && strings.HasSuffix(role, names.FunctionRole) {
		return nil
	}
	return stranger(s)
}

// BucketOf is the bucket that a hub has its program from, "" of what is none.
func BucketOf(s stack.State) string {
	if ownHub(s) != nil {
		return ""
	}
	return s.Parameters[paramBucket]
}

func stranger(s stack.State) error {
	return fault.New(fault.Refused, "a stack of the name %s is there and is not Salve's, for it lacks the parameters of "+
		"Salve's: it stays as it is; Salve's own needs another name, which export %s=…- gives it, or its owner takes that "+
		"one away", s.Name, names.EnvPrefix)
}

// role is the one that members of this hub trust: where the hub's stack does not say so any more, as it is called.
func (m Members) role() string {
	p := m.Place
	return cmp.Or(m.Hub.Outputs[paramRole],
		"arn:"+p.Partition+":iam::"+p.Account+":"+p.Home.Role(names.FunctionRole))
}

// ours refuses to delete what is not a member of this hub.
func (m Members) ours(s stack.State) error {
	if err := ownMember(s); err != nil {
		return err
	}
	if other := s.Parameters[paramRole]; !hollow(s) && other != m.role() {
		return fault.New(fault.Refused, "it is a member of another hub, %s: it stays as it is; remove it with salve destroy "+
			"there", other)
	}
	return nil
}

// refusal is the row of a stack that is not deleted.
func refusal(account, name string, err error) Item {
	return Item{Account: account, What: "stack " + name, Action: Failed, Detail: sentence(err), stranger: true}
}
