// The district's big screen: figures on a wall, for weeks, without anybody beside it.
import { App } from './app';
import './screen.css';
import { settings } from './settings';

const { settings: chosen, token } = settings();
void new App(chosen, token).run();
