package interop

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func controller() csi.ControllerClient { return csi.NewControllerClient(conn) }

func createRequest(name string) *csi.CreateVolumeRequest {
	return &csi.CreateVolumeRequest{
		Name:          name,
		CapacityRange: &csi.CapacityRange{RequiredBytes: 16 << 20},
		VolumeCapabilities: []*csi.VolumeCapability{{
			AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{FsType: "ext4"}},
			AccessMode: &csi.VolumeCapability_AccessMode{Mode: csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER},
		}},
	}
}

// create retries as the external-provisioner does, while an earlier call of that name is still at work.
func create(t *testing.T, name string) *csi.Volume {
	t.Helper()
	ctx := within(t, 20*time.Second)
	for {
		response, err := controller().CreateVolume(ctx, createRequest(name))
		if err == nil {
			return response.Volume
		}
		if status.Code(err) != codes.Aborted {
			t.Fatalf("CreateVolume: %v", err)
		}
	}
}

func wantCode(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Fatalf("got %v, want code %v", err, want)
	}
}

func TestUnaryCallsAreAnswered(t *testing.T) {
	ctx := within(t, 10*time.Second)
	identity := csi.NewIdentityClient(conn)
	info, err := identity.GetPluginInfo(ctx, &csi.GetPluginInfoRequest{})
	if err != nil || info.Name == "" || info.VendorVersion == "" {
		t.Fatalf("GetPluginInfo: %v, %v", info, err)
	}
	probe, err := identity.Probe(ctx, &csi.ProbeRequest{})
	if err != nil || !probe.GetReady().GetValue() {
		t.Fatalf("Probe: %v, %v", probe, err)
	}
	capabilities, err := controller().ControllerGetCapabilities(ctx, &csi.ControllerGetCapabilitiesRequest{})
	if err != nil || len(capabilities.Capabilities) == 0 {
		t.Fatalf("ControllerGetCapabilities: %v, %v", capabilities, err)
	}
}

func TestADeadlineIsKeptAndARetryFindsOneVolume(t *testing.T) {
	const name = "interop-deadline-ä-卷"
	start := time.Now()
	_, err := controller().CreateVolume(within(t, latency/6), createRequest(name))
	wantCode(t, err, codes.DeadlineExceeded)
	if waited := time.Since(start); waited > latency {
		t.Fatalf("the deadline was noticed after %v", waited)
	}
	if first, second := create(t, name), create(t, name); first.VolumeId != second.VolumeId {
		t.Fatalf("two volumes of one name: %s and %s", first.VolumeId, second.VolumeId)
	}
}

func TestACancelledCallEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	answered := make(chan error, 1)
	go func() {
		_, err := controller().ListVolumes(ctx, &csi.ListVolumesRequest{})
		answered <- err
	}()
	cancel()
	select {
	case err := <-answered:
		wantCode(t, err, codes.Canceled)
	case <-time.After(10 * time.Second):
		t.Fatal("no answer to a cancelled call")
	}
}

func TestFiftyCallsInFlight(t *testing.T) {
	const calls = 50
	start := time.Now()
	ids := make([]string, calls)
	var group sync.WaitGroup
	for i := range calls {
		group.Go(func() { ids[i] = create(t, fmt.Sprintf("interop-flight-%d", i)).GetVolumeId() })
	}
	group.Wait()
	if elapsed := time.Since(start); elapsed > calls*latency/2 {
		t.Fatalf("%d calls took %v: they were not in flight together", calls, elapsed)
	}
	distinct := map[string]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	if len(distinct) != calls {
		t.Fatalf("%d ids for %d names", len(distinct), calls)
	}
}

func TestTheGroupControllerSpeaksWithGrpcGo(t *testing.T) {
	name := "interop-group"
	source := create(t, name).GetVolumeId()
	taken, err := csi.NewGroupControllerClient(conn).CreateVolumeGroupSnapshot(within(t, 10*time.Second),
		&csi.CreateVolumeGroupSnapshotRequest{Name: name, SourceVolumeIds: []string{source}})
	if err != nil {
		t.Fatal(err)
	}
	members := taken.GetGroupSnapshot().GetSnapshots()
	if len(members) != 1 || members[0].GetSourceVolumeId() != source || !members[0].GetReadyToUse() {
		t.Fatalf("the group is %v", taken)
	}
}

func TestAServiceThatThisModeDoesNotServeIsUnimplemented(t *testing.T) {
	_, err := csi.NewNodeClient(conn).NodeGetInfo(within(t, 5*time.Second), &csi.NodeGetInfoRequest{})
	wantCode(t, err, codes.Unimplemented)
}

func TestAnUnknownMethodIsUnimplemented(t *testing.T) {
	for _, method := range []string{"/csi.v1.Controller/Levitate", "/csi.v9.Nothing/AtAll"} {
		err := conn.Invoke(within(t, 5*time.Second), method, &emptypb.Empty{}, &emptypb.Empty{})
		wantCode(t, err, codes.Unimplemented)
	}
}

func TestAMessageOfMoreThanFourMebibytesIsRefusedAndTheServerLives(t *testing.T) {
	request := createRequest("interop-large")
	request.Parameters = map[string]string{"pool": strings.Repeat("x", 4<<20)}
	_, err := controller().CreateVolume(within(t, 10*time.Second), request)
	wantCode(t, err, codes.ResourceExhausted)
	create(t, "interop-after-large")
}

func TestAnErrorTextArrivesWhole(t *testing.T) {
	request := createRequest("interop-fault")
	request.Parameters = map[string]string{"provisioning": "dünn–薄"}
	_, err := controller().CreateVolume(within(t, 5*time.Second), request)
	wantCode(t, err, codes.InvalidArgument)
	for _, part := range []string{"parameters.provisioning", "thin, thick", "dünn–薄"} {
		if !strings.Contains(status.Convert(err).Message(), part) {
			t.Fatalf("%q is not in %q", part, status.Convert(err).Message())
		}
	}
}
