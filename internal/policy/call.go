package policy

import (
	"fmt"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

// callDenials leave those functions to be called whose owners have said so: by a tag, which the role cannot give.
func callDenials() []Denial {
	return []Denial{
		{
			Sid: "NeverCallUnmarked",
			Why: "Whoever calls a function has its code run as its role. The owner says of which Salve may have it called," +
				" by a tag; what has none is not equal either.",
			Actions:  []string{control.InvokeFunction},
			Operator: "StringNotEquals", Key: "aws:ResourceTag/" + names.MarkRotates,
			Values: []string{fmt.Sprintf("%q", names.Marked)}, // YAML takes it for true
		},
		{
			Sid:          "NeverCallElsewhere",
			Actions:      []string{control.InvokeFunction},
			NotResources: []string{"arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:function:*"},
		},
		{
			Sid:     "NeverMark",
			Why:     "Nobody marks by himself what he would have called. IAM tells no key from one in other letters.",
			Actions: []string{"lambda:TagResource"},
		},
	}
}

// apartStatements are those of a session that is opened for the write alone, by what was read before.
func apartStatements(r control.SessionRequest) ([]Statement, error) {
	passes, err := passStatements(r)
	if err != nil {
		return nil, err
	}
	calls, err := callStatements(r)
	return append(passes, calls...), err
}

// callStatements let a session have the functions called that it says.
func callStatements(r control.SessionRequest) ([]Statement, error) {
	if len(r.Passes.Functions) == 0 {
		return nil, nil
	}
	for _, function := range r.Passes.Functions {
		if control.MayInvoke(r.Target, function) != nil {
			return nil, fmt.Errorf("function %q: want that of a function of account %s in Region %s",
				function, r.Target.Account, r.Target.Region)
		}
	}
	return []Statement{{Effect: "Allow", Action: Texts{control.InvokeFunction}, Resource: r.Passes.Functions}}, nil
}
