package rollout

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/stack"
)

// liveAlias is the alias that gets the work.
const liveAlias = "live"

// Lambda says which versions of the function there are.
type Lambda interface {
	ListVersionsByFunction(context.Context, *lambda.ListVersionsByFunctionInput, ...func(*lambda.Options)) (
		*lambda.ListVersionsByFunctionOutput, error)
	GetAlias(context.Context, *lambda.GetAliasInput, ...func(*lambda.Options)) (*lambda.GetAliasOutput, error)
}

// Back puts the function back to a version before. The stack does it, so that it knows: the next upgrade says so.
type Back struct {
	Place  Place
	Driver stack.Driver
	Lambda Lambda
	To     int // 0: the one before the one that is live
}

// versions are those that were published, in their order, and the one that is live.
func (b Back) versions(ctx context.Context) (all []int, live int, err error) {
	function, alias := b.Place.Home.Name(names.Function), liveAlias
	in := &lambda.ListVersionsByFunctionInput{FunctionName: &function}
	for {
		out, err := b.Lambda.ListVersionsByFunction(ctx, in)
		if err != nil {
			return nil, 0, fmt.Errorf("list the versions of %s: %w", function, err)
		}
		for _, v := range out.Versions {
			if n, err := strconv.Atoi(aws.ToString(v.Version)); err == nil { // $LATEST is none
				all = append(all, n)
			}
		}
		if in.Marker = out.NextMarker; aws.ToString(in.Marker) == "" {
			break
		}
	}
	slices.Sort(all)
	out, err := b.Lambda.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &function, Name: &alias})
	if err != nil {
		return nil, 0, fmt.Errorf("read the alias %s of %s: %w", alias, function, err)
	}
	live, err = strconv.Atoi(aws.ToString(out.FunctionVersion))
	if err != nil {
		return nil, 0, fmt.Errorf("the alias %s of %s goes to %q, which is no version: %w", alias, function,
			aws.ToString(out.FunctionVersion), err)
	}
	return all, live, nil
}

// target is the version to go back to.
func (b Back) target(ctx context.Context) (live, to int, err error) {
	all, live, err := b.versions(ctx)
	if err != nil {
		return 0, 0, err
	}
	s, err := b.Driver.Look(ctx, b.Place.HubStack())
	if err != nil {
		return 0, 0, err
	}
	if b.To == 0 && PutBack(s) != "" { // a run that is repeated goes back no further
		return live, live, nil
	}
	if b.To != 0 {
		if !slices.Contains(all, b.To) {
			return 0, 0, fault.New(fault.Invalid, "%s has no version %d: it has %v", b.Place.Home.Name(names.Function), b.To,
				all)
		}
		return live, b.To, nil
	}
	before := slices.DeleteFunc(slices.Clone(all), func(n int) bool { return n >= live })
	if len(before) == 0 {
		return 0, 0, fault.New(fault.Refused, "version %d is live, and there is none before it", live)
	}
	return live, before[len(before)-1], nil
}

// part is the stack with another version live, and nothing else changed.
func (b Back) part(to int) one {
	return one{
		driver: b.Driver, account: b.Place.Account, name: b.Place.HubStack(),
		wish: func(ctx context.Context, _ stack.State) (stack.Wish, error) {
			kept, err := b.Driver.Template(ctx, b.Place.HubStack())
			return stack.Wish{
				Name: b.Place.HubStack(), Template: kept, Parameters: map[string]string{paramLive: strconv.Itoa(to)},
			}, err
		},
	}
}

// Plan says which version would be live.
func (b Back) Plan(ctx context.Context) ([]Item, error) { return b.do(ctx, Part.Plan) }

// Carry puts it back. Done twice it goes back no further; To names an older version.
func (b Back) Carry(ctx context.Context) ([]Item, error) { return b.do(ctx, Part.Carry) }

func (b Back) do(ctx context.Context, do func(Part, context.Context) ([]Item, error)) ([]Item, error) {
	live, to, err := b.target(ctx)
	if err != nil {
		return nil, err
	}
	if b.To == 0 && live == to {
		return []Item{{
			Account: b.Place.Account, What: "stack " + b.Place.HubStack(), Action: Nothing, Done: true,
			Detail: fmt.Sprintf("version %d is live, put back before; --to goes back further", live),
		}}, nil
	}
	items, err := do(b.part(to), ctx)
	if err != nil {
		return nil, err
	}
	items[0].Detail = joined(fmt.Sprintf("version %d is live, %d would be", live, to), items[0].Detail)
	if items[0].Done {
		items[0].Detail = fmt.Sprintf("version %d is live, before it was %d", to, live)
	}
	if items[0].Action == Nothing {
		items[0].Detail = fmt.Sprintf("version %d is live already", live)
	}
	return items, nil
}

// PutBack says of a hub which version somebody put back; "" where the last one is live.
func PutBack(s stack.State) string { return s.Parameters[paramLive] }
