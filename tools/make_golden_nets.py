"""The networks of make_golden_graph.py, as lists of nodes: node 0 is the input, `inputs` are numbers of nodes.

Names of layers are those of PyTorch's modules.
"""

# Salts at which no rounding flips a ReLU (see make_golden_graph.py); 0 where none is given.
SALTS = {}

SGD = dict(name="sgd", optimizer="SGD", settings=dict(lr=0.05, momentum=0.9, weight_decay=1e-2), steps=3)
NESTEROV = dict(
    name="nesterov", optimizer="SGD", settings=dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3), steps=3,
    smoothing=0.1, clip=0.5,
)
ADAM = dict(name="adam", optimizer="Adam", settings=dict(lr=1e-3, weight_decay=1e-3), steps=3)
ADAMW = dict(name="adamw", optimizer="AdamW", settings=dict(lr=1e-3, weight_decay=1e-2), steps=2)
FROZEN = dict(name="frozen", optimizer="SGD", settings=dict(lr=0.02, momentum=0.9), steps=3, frozen=True)


class Net:
    """A graph that grows node by node; every method gives the new node's number."""

    def __init__(self, *shape):
        self.input = list(shape)
        self.shapes = [self.input]
        self.nodes = []

    def add(self, name, op, inputs, shape, **settings):
        self.nodes.append(dict(name=name, op=op, inputs=inputs, **settings))
        self.shapes.append(shape)
        return len(self.nodes)

    def windowed(self, name, op, x, outputs, kernel, stride, padding, **settings):
        pairs = [[side, side] if isinstance(side, int) else list(side) for side in (kernel, stride, padding)]
        sides = [(side + 2 * p - k) // s + 1 for side, k, s, p in zip(self.shapes[x][1:], *pairs)]
        window = dict(zip(("kernel", "stride", "padding"), pairs))
        return self.add(name, op, [x], [outputs, *sides], **window, **settings)

    def conv(self, name, x, outputs, kernel, stride=1, padding=0, bias=False):
        channels = [self.shapes[x][0], outputs]
        return self.windowed(name, "conv2d", x, outputs, kernel, stride, padding, channels=channels, bias=bias)

    def pool(self, name, op, x, kernel, stride, padding=0):
        return self.windowed(name, op, x, self.shapes[x][0], kernel, stride, padding)

    def norm(self, name, x):
        return self.add(name, "batch_norm", [x], self.shapes[x], channels=self.shapes[x][0])

    def relu(self, name, x):
        return self.add(name, "relu", [x], self.shapes[x])

    def sum(self, name, x, y):
        return self.add(name, "add", [x, y], self.shapes[x])

    def global_pool(self, name, x):
        return self.add(name, "global_average_pool", [x], self.shapes[x][:1])

    def linear(self, name, x, outputs, bias=True):
        if len(self.shapes[x]) > 1:
            size = self.shapes[x][0] * self.shapes[x][1] * self.shapes[x][2]
            x = self.add(f"{name}_flatten", "flatten", [x], [size])
        return self.add(name, "linear", [x], [outputs], channels=[self.shapes[x][0], outputs], bias=bias)

    def case(self, name, batches, runs, density=1.0):
        runs = [dict(dict(smoothing=0.0, clip=None, frozen=False), **run) for run in runs]
        return dict(name=name, input=self.input, nodes=self.nodes, batches=batches, runs=runs, density=density,
                    salt=SALTS.get(name, 0), by_tensor=False)


def layer_cases():
    """Each kind of layer after a 1x1 convolution, which needs its data gradient, and before a linear layer."""
    cases = []

    def between(name, layer, runs=(SGD,), channels=5, map=(8, 7), density=1.0):
        net = Net(3, *map)
        x = layer(net, net.conv("stem", 0, channels, 1, bias=True))
        net.linear("fc", x, 4)
        cases.append(net.case(name, [6, 5], runs, density))

    for kernel, stride, padding, bias in [
        (1, 1, 0, True), (1, 2, 0, False), (3, 1, 0, False), (3, 1, 1, True), (3, 2, 1, False), (3, 2, 0, True),
        (3, 1, 2, False), (5, 1, 0, True), (5, 1, 2, False), (5, 2, 2, True), (5, 2, 3, False), (7, 1, 3, False),
        (7, 2, 3, True), (2, 2, 0, True), (4, 1, 1, False),
    ]:
        name = f"conv-{kernel}x{kernel}-stride-{stride}-padding-{padding}{'-bias' if bias else ''}"
        between(name, lambda net, x: net.conv("conv", x, 6, kernel, stride, padding, bias))
    between("conv-3x1-stride-1x2-padding-1x0", lambda net, x: net.conv("conv", x, 6, (3, 1), (1, 2), (1, 0), True))
    between("conv-3x3-wide", lambda net, x: net.conv("conv", x, 37, 3, 1, 1, True), channels=21, map=(4, 5))
    between("conv-3x3-masked", lambda net, x: net.conv("conv", x, 9, 3, 1, 1, True), density=0.3)
    for kind in ("max", "average"):
        for kernel, stride, padding in [(2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 1, 1), (2, 1, 0), ((3, 2), (1, 2), (1, 0))]:
            sides = ["x".join(map(str, s)) if isinstance(s, tuple) else s for s in (kernel, stride, padding)]
            name = "{}-pool-{}-stride-{}-padding-{}".format(kind, *sides)
            between(name, lambda net, x: net.pool("pool", f"{kind}_pool", x, kernel, stride, padding))
    between("relu-max-pool", lambda net, x: net.pool("pool", "max_pool", net.relu("relu", x), 3, 2, 1))
    between("global-average-pool", lambda net, x: net.global_pool("pool", x))
    between("batch-norm", lambda net, x: net.norm("bn", x), runs=(SGD, FROZEN))
    between("batch-norm-relu", lambda net, x: net.relu("relu", net.norm("bn", x)), runs=(SGD, FROZEN))
    between("batch-norm-of-features", lambda net, x: net.norm("bn", net.linear("hidden", x, 9)), runs=(SGD, FROZEN))
    between("add", lambda net, x: net.sum("add", net.conv("conv", x, 5, 3, 1, 1), x))
    between("add-twice", lambda net, x: net.sum("add", net.relu("relu", x), net.sum("double", x, x)))
    return cases


def lenet5():
    net = Net(1, 28, 28)
    x = net.pool("pool1", "max_pool", net.relu("relu1", net.conv("conv1", 0, 6, 5, bias=True)), 2, 2)
    x = net.pool("pool2", "max_pool", net.relu("relu2", net.conv("conv2", x, 16, 5, bias=True)), 2, 2)
    x = net.relu("relu4", net.linear("fc2", net.relu("relu3", net.linear("fc1", x, 120)), 84))
    net.linear("fc3", x, 10)
    return net


def conv4(widths=(12, 20)):
    net, x, layer = Net(3, 16, 16), 0, 0
    for stage, width in enumerate(widths, start=1):
        for _ in range(2):
            layer += 1
            x = net.relu(f"relu{layer}", net.conv(f"conv{layer}", x, width, 3, padding=1, bias=True))
        x = net.pool(f"pool{stage}", "max_pool", x, 2, 2)
    x = net.relu("relu6", net.linear("fc2", net.relu("relu5", net.linear("fc1", x, 32)), 24))
    net.linear("fc3", x, 10)
    return net


def vgg(plan=(8, "M", 16, "M", 24, 24, "M")):
    net, x, layer, pools = Net(3, 16, 16), 0, 0, 0
    for width in plan:
        if width == "M":
            pools += 1
            x = net.pool(f"pool{pools}", "max_pool", x, 2, 2)
        else:
            layer += 1
            # A bias before a batch norm has no gradient but noise, of which Adam makes full steps.
            x = net.norm(f"bn{layer}", net.conv(f"conv{layer}", x, width, 3, padding=1))
            x = net.relu(f"relu{layer}", x)
    x = net.pool("average", "average_pool", x, 2, 2)
    net.linear("fc", x, 10)
    return net


def resnet(widths, blocks, side):
    net = Net(3, side, side)
    x = net.relu("relu", net.norm("bn1", net.conv("conv1", 0, widths[0], 3, 1, 1)))
    for stage, width in enumerate(widths, start=1):
        for block in range(blocks):
            name, before = f"layer{stage}.{block}", x
            stride = 2 if stage > 1 and block == 0 else 1
            y = net.norm(f"{name}.bn1", net.conv(f"{name}.conv1", before, width, 3, stride, 1))
            y = net.relu(f"{name}.relu1", y)
            y = net.norm(f"{name}.bn2", net.conv(f"{name}.conv2", y, width, 3, 1, 1))
            if stride != 1 or net.shapes[before][0] != width:
                before = net.conv(f"{name}.downsample.0", before, width, 1, stride)
                before = net.norm(f"{name}.downsample.1", before)
            x = net.relu(f"{name}.relu2", net.sum(f"{name}.add", y, before))
    net.linear("fc", net.global_pool("avgpool", x), 10)
    return net


def model_cases():
    nets = {"lenet-5": lenet5, "conv-4": conv4, "vgg": vgg, "resnet": lambda: resnet((6, 10, 14), 2, 12)}
    cases = []
    for name, make in nets.items():
        runs = [SGD, NESTEROV, ADAM, ADAMW] + ([FROZEN] if name in ("vgg", "resnet") else [])
        cases.append(make().case(name, [10, 7], runs))
        cases.append(make().case(f"{name}-masked", [10, 7], runs, density=0.2))
    return cases


def resnet20_case():
    sgd = dict(optimizer="SGD", settings=dict(lr=0.003, momentum=0.9, weight_decay=5e-3))
    runs = [dict(sgd, name="first", steps=3), dict(sgd, name="sgd", steps=20)]
    return dict(resnet((16, 32, 64), 3, 32).case("resnet-20", [16] * 5, runs), by_tensor=True)
