// Package stacktest is CloudFormation in memory, with hooks that strike any call: what a driver decides is tested
// against it, and the calls themselves against the lab.
package stacktest

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/stack"
)

// Cloud is the stacks of one account and Region.
type Cloud struct {
	// Before strikes a call that then does not happen, After one whose answer is lost. Either may be nil.
	Before, After func(call string) error
	Fails         map[string]string // why operations on the stack of that name fail and are taken back
	Calls         []string          // that were made, by name
	Tokens        []string          // of the change sets that were carried out
	Account       string

	stacks map[string]*Stack
	known  map[string]map[string]stack.Parameter
	events int
	clock  time.Time
}

// Stack is a stack as it is.
type Stack struct {
	ID, Template string
	Status       types.StackStatus
	Parameters   map[string]string
	Outputs      map[string]string
	Protected    bool

	token   string
	sets    map[string]*changeSet
	events  []types.StackEvent // the newest first
	changed time.Time
	next    types.StackStatus // what the operation under way ends in
}

type changeSet struct {
	create     bool
	template   string
	parameters map[string]string
	empty      bool
}

var _ stack.API = (*Cloud)(nil)

// New is an account without stacks.
func New(account string) *Cloud {
	return &Cloud{
		Account: account, Fails: map[string]string{}, stacks: map[string]*Stack{},
		known: map[string]map[string]stack.Parameter{},
		clock: time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC),
	}
}

// Stacks are all stacks there are, by name.
func (c *Cloud) Stacks() map[string]*Stack { return c.stacks }

// Put makes a stack in a status, as somebody else left it.
func (c *Cloud) Put(name string, s Stack) *Stack {
	s.ID = "arn:aws:cloudformation:eu-central-1:" + c.Account + ":stack/" + name + "/" + fmt.Sprint(len(c.stacks))
	s.sets, s.changed = map[string]*changeSet{}, c.tick()
	if s.Parameters == nil {
		s.Parameters = map[string]string{}
	}
	c.stacks[name] = &s
	return &s
}

// Begin lets an operation of somebody be under way on a stack, which ends in a status at the next but one look.
func (c *Cloud) Begin(name, token string, under, end types.StackStatus) {
	s := c.stacks[name]
	s.Status, s.next, s.token = under, end, token
	c.event(s, types.ResourceStatus(under), "")
}

func (c *Cloud) tick() time.Time {
	c.clock = c.clock.Add(time.Second)
	return c.clock
}

// call counts a call and strikes it.
func (c *Cloud) call(name string) error {
	c.Calls = append(c.Calls, name)
	if c.Before == nil {
		return nil
	}
	return c.Before(name)
}

// answered strikes the answer of a call.
func (c *Cloud) answered(name string) error {
	if c.After == nil {
		return nil
	}
	return c.After(name)
}

func (c *Cloud) event(s *Stack, status types.ResourceStatus, reason string) {
	c.events++
	s.events = append([]types.StackEvent{{
		EventId: aws.String(fmt.Sprint(c.events)), StackId: &s.ID, PhysicalResourceId: &s.ID,
		LogicalResourceId: aws.String(c.nameOf(s)), ResourceType: aws.String("AWS::CloudFormation::Stack"),
		ResourceStatus: status, ResourceStatusReason: &reason, ClientRequestToken: &s.token, Timestamp: aws.Time(c.tick()),
	}}, s.events...)
}

func (c *Cloud) nameOf(s *Stack) string { return strings.Split(s.ID, "/")[1] }

// find is a stack by its name or id, nil where there is none. By its id one is found that was deleted.
func (c *Cloud) find(name string) *Stack {
	if s := c.stacks[name]; s != nil && s.Status != types.StackStatusDeleteComplete {
		return s
	}
	for _, s := range c.stacks {
		if s.ID == name {
			return s
		}
	}
	return nil
}

func none(name string) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: "Stack with id " + name + " does not exist"}
}

// DescribeStacks looks at one. Each look brings the operation under way on it to its end.
func (c *Cloud) DescribeStacks(_ context.Context, in *cfn.DescribeStacksInput, _ ...func(*cfn.Options)) (
	*cfn.DescribeStacksOutput, error,
) {
	if err := c.call("DescribeStacks"); err != nil {
		return nil, err
	}
	s := c.find(aws.ToString(in.StackName))
	if s == nil {
		return nil, none(*in.StackName)
	}
	out := types.Stack{
		StackName: aws.String(c.nameOf(s)), StackId: &s.ID, StackStatus: s.Status,
		EnableTerminationProtection: &s.Protected, CreationTime: &s.changed,
	}
	for _, name := range sorted(s.Parameters) {
		out.Parameters = append(out.Parameters, types.Parameter{
			ParameterKey: &name, ParameterValue: aws.String(c.shown(s, name)),
		})
	}
	for _, name := range sorted(s.Outputs) {
		out.Outputs = append(out.Outputs, types.Output{OutputKey: &name, OutputValue: aws.String(s.Outputs[name])})
	}
	c.end(s)
	return &cfn.DescribeStacksOutput{Stacks: []types.Stack{out}}, c.answered("DescribeStacks")
}

// end lets the operation under way end.
func (c *Cloud) end(s *Stack) {
	if s.next == "" {
		return
	}
	s.Status, s.next = s.next, ""
	c.event(s, types.ResourceStatus(s.Status), "")
}

// shown is the value of a parameter as CloudFormation shows it.
func (c *Cloud) shown(s *Stack, name string) string {
	if c.secret(s.Template, name) {
		return "****"
	}
	return s.Parameters[name]
}

// secret tells whether a template has a parameter that is not shown. Each is read once.
func (c *Cloud) secret(template, name string) bool {
	known, read := c.known[template]
	if !read {
		known, _ = stack.Template{Text: template}.Parameters() // one that cannot be read has none
		c.known[template] = known
	}
	return known[name].NoEcho
}

// DescribeStackEvents lists what happened, on one page.
func (c *Cloud) DescribeStackEvents(_ context.Context, in *cfn.DescribeStackEventsInput, _ ...func(*cfn.Options)) (
	*cfn.DescribeStackEventsOutput, error,
) {
	if err := c.call("DescribeStackEvents"); err != nil {
		return nil, err
	}
	s := c.find(aws.ToString(in.StackName))
	if s == nil {
		return nil, none(*in.StackName)
	}
	return &cfn.DescribeStackEventsOutput{StackEvents: s.events}, c.answered("DescribeStackEvents")
}

// GetTemplate returns the template as it was given.
func (c *Cloud) GetTemplate(_ context.Context, in *cfn.GetTemplateInput, _ ...func(*cfn.Options)) (
	*cfn.GetTemplateOutput, error,
) {
	if err := c.call("GetTemplate"); err != nil {
		return nil, err
	}
	s := c.find(aws.ToString(in.StackName))
	if s == nil {
		return nil, none(*in.StackName)
	}
	return &cfn.GetTemplateOutput{TemplateBody: &s.Template}, c.answered("GetTemplate")
}

// values are what a stack gets: given, or its own, or the template's.
func values(template string, given []types.Parameter, own map[string]string) (map[string]string, error) {
	known, err := stack.Template{Text: template}.Parameters()
	if err != nil {
		return nil, &smithy.GenericAPIError{Code: "ValidationError", Message: err.Error()}
	}
	out := map[string]string{}
	for name, p := range known {
		if p.Default != nil {
			out[name] = *p.Default
		}
	}
	for _, p := range given {
		name := aws.ToString(p.ParameterKey)
		if aws.ToBool(p.UsePreviousValue) {
			out[name] = own[name]
			continue
		}
		out[name] = aws.ToString(p.ParameterValue)
	}
	for name := range known {
		if _, ok := out[name]; !ok {
			return nil, &smithy.GenericAPIError{Code: "ValidationError", Message: "Parameters: [" + name + "] must have values"}
		}
	}
	return out, nil
}

func sorted(m map[string]string) []string {
	var out []string
	for name := range maps.Keys(m) {
		out = append(out, name)
	}
	return sortedTexts(out)
}
