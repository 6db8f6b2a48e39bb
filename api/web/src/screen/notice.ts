// A word over the whole wall, while there is nothing else to show.
import { h, say } from './dom';
import { pick } from './texts';

export class Notice {
  readonly element = h('div.notice', { hidden: '' });

  /** Null: none. */
  tell(text: string | null): void {
    this.element.hidden = text === null;
    say(this.element, text ?? '');
  }

  /** Asks whoever stands in front of the wall to sign it in by this code. */
  code(code: string): void {
    this.element.hidden = false;
    this.element.replaceChildren(
      h('p', {}, pick('本屏尚未登录。请安全管理员在屏前确认此码：', 'This screen is not signed in. Confirm this code, standing before it:')),
      h('p.code', {}, code),
      h(
        'p.ways',
        {},
        pick(
          '在管理端“确认大屏码”，或在服务器上运行 minzheng screen confirm；也可用大屏岗位（SCREEN）的令牌打开：/screen#token=…',
          'By the mutation confirmScreenCode, or minzheng screen confirm on the server; or open it with a token of the role SCREEN: /screen#token=…',
        ),
      ),
    );
  }
}
